"""`promptctl status`, where people sign: who is verified, whether gates hold, what was waived."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.keys import signers
from helpers.repositories import Clone
from helpers.shop import SMALL, call, local_shop, new_version, ok, publish

PROMOTERS = """\
environments:
  - name: dev
  - name: prod
    after: dev
    gates: {freeze: [{from: 2020-01-01, to: 2999-12-31}]}
people: {ada: [ada@acme.example]}
promoters: [ada@acme.example]
waivers: {allowed: [ada]}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Ada, the one promoter, signs; hello serves dev and prod, past a freeze that she waived."""
    ada = local_shop(tmp_path_factory.mktemp("signed"), SMALL)
    publish(ada, {"promptctl.yaml": PROMOTERS, **signers([ada])})
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    ok(ada, "promote", "hello", "--to", "prod", "--waive", "freeze", "--reason", "the launch")
    return ada


@pytest.fixture
def ada(kept: Clone, tmp_path: Path) -> Clone:
    shutil.copytree(kept.path, tmp_path / "copy")
    return replace(kept, path=tmp_path / "copy")


def shown(clone: Clone) -> str:
    return " ".join(call(clone, "status", "--offline").out.split())


def status(clone: Clone) -> Any:
    return call(clone, "status", "--offline", "-o", "json").json


def test_gates_are_enforced_where_a_promoter_signed_every_lock(ada: Clone) -> None:
    assert status(ada)["gates"] == "enforced"
    assert [each["signer"] for each in status(ada)["environments"]] == ["ada@acme.example"] * 2
    assert "gates: enforced for runtimes that check signatures" in shown(ada)
    assert "unverified" not in shown(ada)


def test_gates_are_advisory_where_the_signer_is_no_promoter(ada: Clone) -> None:
    publish(
        ada,
        {"promptctl.yaml": PROMOTERS.replace("[ada@acme.example]\nwaivers", "[bo@acme.example]\nwaivers")},
    )
    assert status(ada)["gates"] == "advisory"
    problems = call(ada, "doctor", "-o", "json").json["problems"]
    assert "lock.json of env/dev is signed by ada@acme.example, no promoter" in {
        each["what"] for each in problems
    }


def test_a_waiver_is_shown_until_the_next_promotion_whatever_else_happens(ada: Clone) -> None:
    said = "waived prod: freeze for hello: the launch (ada@acme.example)"
    assert said in shown(ada)
    (waiver,) = status(ada)["waivers"]
    assert (waiver["gate"], waiver["environment"], waiver["by"]) == ("freeze", "prod", "ada@acme.example")
    ok(ada, "hold", "--env", "prod", "--reason", "lunch")
    assert said in shown(ada)


def test_a_lock_that_was_edited_after_it_was_signed_is_drift_and_enforces_nothing(ada: Clone) -> None:
    lock = ada.git("show", "env/prod:lock.json").replace("2999", "2998").replace('"by": "ada@', '"by": "eve@')
    blob = ada.git("hash-object", "-w", "--stdin", stdin=lock.encode() + b"\n")
    index = Clone(ada.path, {**ada.environ, "GIT_INDEX_FILE": str(ada.path / ".git/scratch")})
    index.git("read-tree", "env/prod")
    index.git("update-index", "--cacheinfo", f"100644,{blob},lock.json")
    ada.git(
        "update-ref", "refs/heads/env/prod", ada.git("commit-tree", index.git("write-tree"), "-m", "edit")
    )
    done = call(ada, "status", "--offline", "--exit-code", "-o", "json")
    assert done.code == 1
    assert [(each["code"], each["environment"]) for each in done.json["drift"]] == [("signature", "prod")]
    assert done.json["gates"] == "advisory"
    assert "drift prod: the signature of lock.json does not hold" in shown(ada)


def test_who_is_unknown_to_the_signers_is_unverified(ada: Clone, tmp_path: Path) -> None:
    publish(ada, {"promptctl.yaml": PROMOTERS.split("people", maxsplit=1)[0]})
    ada.git("config", "--unset", "gpg.format")
    ok(ada, "hold", "--env", "dev", "--reason", "lunch")
    assert "held dev: everything: lunch (ada@acme.example, unverified, " in shown(ada)
    assert status(ada)["environments"][0]["signer"] is None


def test_without_ssh_keygen_nobody_is_verified_and_nothing_has_drifted(ada: Clone, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(shutil.which("git") or "")
    alone = replace(ada, environ={**ada.environ, "PATH": str(tmp_path / "bin")})
    found = status(alone)
    assert (found["gates"], found["drift"]) == ("advisory", [])
    assert "ada@acme.example, unverified" in shown(alone)


def test_a_waiver_of_what_was_rolled_back_is_shown_no_longer(ada: Clone) -> None:
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    ok(ada, "promote", "hello", "--to", "prod", "--waive", "freeze", "--reason", "more warmth")
    assert "waived prod: freeze for hello: more warmth" in shown(ada)
    ok(ada, "rollback", "hello", "--env", "prod", "--reason", "rude")
    assert "waived" not in shown(ada)


def test_the_last_move_names_what_was_held(ada: Clone) -> None:
    ok(ada, "hold", "hello@1.0.0", "--env", "prod", "--reason", "rude")
    assert "moved prod: hold hello 1.0.0, " in shown(ada)


def test_a_release_whose_tag_is_signed_is_shown_as_signed(ada: Clone) -> None:
    assert " by ada@acme.example (signed)\n" in call(ada, "show", "hello@1.0.0").out
    assert ok(ada, "show", "hello@1.0.0")["release"]["signed"] is True


def test_what_was_rolled_back_and_is_held_says_how_it_comes_back(ada: Clone) -> None:
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    ok(ada, "rollback", "hello", "--env", "dev", "--reason", "rude")
    done = call(ada, "rollback", "hello", "--env", "dev", "--to", "1.1.0", "--reason", "it was fine")
    assert "prompts/hello 1.1.0 is held in dev: rude" in done.err
    assert "promptctl unhold hello@1.1.0 --env dev" in done.err


def test_a_duration_without_a_unit_is_told_how_to_say_it(ada: Clone) -> None:
    ada.write({"promptctl.yaml": PROMOTERS.replace("{freeze:", "{soak: 60, freeze:")})
    assert "→ say it with its unit: 60s" in call(ada, "validate").out
