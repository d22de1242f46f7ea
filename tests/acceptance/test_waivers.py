"""Waivers that are made apart from promoting: by a person who may waive, for a bot that alone may push."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers.keys import signers
from helpers.repositories import Clone
from helpers.shop import SMALL, another, call, greeting, lock_of, new_version, ok, publish, refused, serving
from helpers.shop import shop as make_shop

from promptctl.model.statements import Waiver, name_of
from promptctl.services.signing import signer
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.repository import Repository

HELLO = "prompts/hello"
NAMES = ("ada", "bot", "grace", "lin")
PIPELINE = """\
environments:
  - name: dev
  - name: prod
    after: dev
    gates: GATES
people: {ada: [ada@acme.example], grace: [grace@acme.example], lin: [lin@acme.example]}
promoters: [bot@acme.example, lin@acme.example]
waivers: {allowed: [lin]}
"""
WAIVED = {
    *("schema", "outcome", "statement", "address", "version", "digest", "environment", "gate", "by", "at"),
    *("reason", "serving", "bump", "loosens", "until", "gate_says"),
}
WAIVE = ("waive", "hello@1.0.0", "--for", "prod", "--gate", "soak", "--reason", "stops a leak")
PROMOTE = ("promote", "hello@1.0.0", "--to", "prod")


def pipeline(gates: str) -> dict[str, str]:
    return {"promptctl.yaml": PIPELINE.replace("GATES", gates)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, ...]:
    """hello 1.0.0 and 1.1.0 have served dev, prod asks for an hour there, and everybody signs."""
    ada = make_shop(tmp_path_factory.mktemp("shop"), SMALL)
    people = (ada, *(another(ada, each) for each in NAMES[1:]))
    publish(ada, signers(people) | pipeline("{soak: 1h}"))
    ok(ada, "release", "hello")
    ok(people[1], "promote", "hello", "--to", "dev")
    new_version(ada, "Greet warmly.")
    ok(people[1], "promote", "hello", "--to", "dev")
    return people


@pytest.fixture
def team(made: tuple[Clone, ...], tmp_path: Path) -> tuple[Clone, ...]:
    """Ada, the bot, Grace and Lin, at a registry of this test's own."""
    shutil.copytree(made[0].path.parent, tmp_path, dirs_exist_ok=True, symlinks=True)
    for each in (people := tuple(Clone(tmp_path / each.path.name, each.environ) for each in made)):
        each.git("remote", "set-url", "origin", (tmp_path / "remote.git").as_uri())
    return people


@pytest.fixture
def ada(team: tuple[Clone, ...]) -> Clone:
    return team[0]


@pytest.fixture
def bot(team: tuple[Clone, ...]) -> Clone:
    return team[1]


@pytest.fixture
def grace(team: tuple[Clone, ...]) -> Clone:
    return team[2]


@pytest.fixture
def lin(team: tuple[Clone, ...]) -> Clone:
    return team[3]


def digest(clone: Clone, version: str = "1.0.0") -> str:
    return str(ok(clone, "show", f"hello@{version}")["digest"])


def said(clone: Clone, age: timedelta = timedelta(), **fields: str) -> Waiver:
    """Return what somebody says who did not ask `promptctl waive`: by default, what would count."""
    by = clone.environ["GIT_COMMITTER_EMAIL"]
    at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"address": HELLO, "version": "1.0.0", "environment": "prod", "gate": "soak"}
    known = {**about, "by": by, "at": at, "reason": "stops a leak"}
    return Waiver(**{"digest": digest(clone), **known, **fields})


def recorded(clone: Clone, waiver: Waiver) -> str:
    """Push a waiver with a sound signature, by whomever it says it is."""
    person = Person("somebody", clone.environ["GIT_COMMITTER_EMAIL"])
    with Repository.discover(clone.path, clone.environ, print) as repository:
        (name,) = evidence.add(
            repository,
            [waiver],
            person=person,
            now=datetime.now(UTC),
            pause=lambda _: None,
            signer=signer(repository),
        )
    return name


def stopping(clone: Clone, *words: str) -> set[str]:
    """Return the gates that stop what must be stopped, and leaves everything as it is."""
    before = clone.git("ls-remote", "origin")
    done = call(clone, *words, "-o", "json")
    assert done.code == 1, (done.out, done.err)
    assert clone.git("ls-remote", "origin") == before
    said = done.json
    waived = {each["gate"] for each in said["waivers"]}
    return {each["gate"] for each in said["gates"] if each["result"] != "pass"} - waived


def record(clone: Clone) -> Any:
    clone.git("fetch", "--quiet", "origin", "refs/heads/env/prod")
    return json.loads(clone.git("show", "FETCH_HEAD:promotion.json"))


def test_a_bot_that_may_not_waive_promotes_with_the_waiver_of_a_person(bot: Clone, lin: Clone) -> None:
    error = refused(bot, 4, *PROMOTE, "--waive", "soak", "--reason", "now")
    assert "may not waive" in error["message"]
    assert "let one of lin run promptctl waive NAME@VERSION" in error["hint"]
    assert stopping(bot, *PROMOTE) == {"soak"}
    waived = ok(lin, *WAIVE)
    done = call(bot, *PROMOTE)
    assert done.code == 0, done.err
    assert "waived by lin@acme.example: stops a leak" in done.out
    assert serving(bot, "prod") == {HELLO: "1.0.0"}
    found = record(bot)
    assert (found["by"], found["waivers"]) == (
        "bot@acme.example",
        [
            {
                "address": HELLO,
                "by": "lin@acme.example",
                "gate": "soak",
                "reason": "stops a leak",
                "statement": waived["statement"],
            }
        ],
    )
    assert ok(bot, "verify", "--all")["violations"] == []
    (shown,) = ok(bot, "status")["waivers"]
    assert (shown["environment"], shown["by"], shown["gate"]) == ("prod", "lin@acme.example", "soak")
    assert call(bot, "history", "--env", "prod").out.count("lin@acme.example") == 1


def test_status_knows_that_nothing_stops_it_any_more(bot: Clone, lin: Clone) -> None:
    assert "soak" in str(ok(bot, "status")["waiting"])
    ok(lin, "waive", "hello@1.1.0", *WAIVE[2:])
    waiting = ok(bot, "status")["waiting"]
    assert waiting
    assert not [gate for each in waiting for gate in each["gates"] if gate["result"] != "pass"]


def test_a_waiver_serves_one_promotion(ada: Clone, bot: Clone, lin: Clone) -> None:
    ok(lin, *WAIVE)
    ok(bot, *PROMOTE)
    publish(ada, pipeline("{}"))
    ok(bot, "promote", "hello@1.1.0", "--to", "prod")
    publish(ada, pipeline("{soak: 1h}"))
    assert stopping(bot, *PROMOTE) == {"soak"}


def test_a_waiver_of_a_clock_that_is_fast_serves_one_promotion_too(
    ada: Clone, bot: Clone, lin: Clone
) -> None:
    name = recorded(lin, said(lin, age=-timedelta(minutes=4)))
    ok(bot, *PROMOTE)
    assert [each["statement"] for each in record(bot)["waivers"]] == [name]
    publish(ada, pipeline("{}"))
    ok(bot, "promote", "hello@1.1.0", "--to", "prod")
    publish(ada, pipeline("{soak: 1h}"))
    assert stopping(bot, *PROMOTE) == {"soak"}


def test_a_waiver_from_before_the_name_moved_does_not_count(ada: Clone, bot: Clone, lin: Clone) -> None:
    ok(lin, *WAIVE)
    publish(ada, pipeline("{}"))
    ok(bot, "promote", "hello@1.1.0", "--to", "prod")
    publish(ada, pipeline("{soak: 1h}"))
    assert stopping(bot, *PROMOTE) == {"soak"}


def test_a_name_that_was_taken_out_altogether_has_moved(ada: Clone, bot: Clone, lin: Clone) -> None:
    publish(ada, greeting("Say goodbye.", "bye") | pipeline("{}"))
    ok(ada, "release", "bye")
    ok(bot, "promote", "bye", "--to", "dev")
    before = ok(bot, "promote", "bye", "--to", "prod")["commit"]
    recorded(lin, said(lin, digest=digest(lin, "1.1.0")))
    ok(bot, *PROMOTE)
    ok(bot, "rollback", "--all", "--to", before, "--env", "prod", "--reason", "rude")
    publish(ada, pipeline("{soak: 1h}"))
    assert HELLO not in serving(bot, "prod")
    assert stopping(bot, "promote", "hello@1.1.0", "--to", "prod") == {"soak"}


def test_a_waiver_that_is_revoked_does_not_count(bot: Clone, lin: Clone, grace: Clone) -> None:
    statement = ok(lin, *WAIVE)["statement"]
    ok(grace, "revoke", statement[:12], "--reason", "it is no leak")
    assert stopping(bot, *PROMOTE) == {"soak"}
    assert ok(lin, *WAIVE[:-1], "it is one")["outcome"] == "waived"
    ok(bot, *PROMOTE)


OTHERS: dict[str, dict[str, Any]] = {
    "another environment": {"environment": "dev"},
    "another gate": {"gate": "after"},
    "a gate that is none": {"gate": "courage"},
    "another address": {"address": "prompts/bye"},
    "a day ago": {"age": timedelta(hours=24, minutes=1)},
    "the future": {"age": -timedelta(minutes=10)},
}


@pytest.mark.parametrize("fields", OTHERS.values(), ids=OTHERS.keys())
def test_a_waiver_counts_for_what_it_says_and_no_longer_than_a_day(
    bot: Clone, lin: Clone, fields: dict[str, Any]
) -> None:
    recorded(lin, said(lin, **fields))
    assert stopping(bot, *PROMOTE) == {"soak"}
    recorded(lin, said(lin, age=timedelta(hours=23, minutes=50)))
    ok(bot, *PROMOTE)


def test_a_waiver_is_for_the_digest(ada: Clone, bot: Clone, lin: Clone) -> None:
    ok(lin, "waive", "hello@1.1.0", *WAIVE[2:])
    assert stopping(bot, *PROMOTE) == {"soak"}
    (again,) = ok(ada, "release", "hello", "--bump", "patch")["releases"]
    assert (again["version"], again["digest"]) == ("1.1.1", digest(ada, "1.1.0"))
    ok(bot, "promote", "hello@1.1.1", "--to", "prod")
    assert ok(bot, "verify", "--env", "prod")["violations"] == []


def test_only_who_may_waive_is_counted(ada: Clone, bot: Clone, grace: Clone, lin: Clone) -> None:
    recorded(grace, said(grace))
    recorded(grace, said(grace, by="lin@acme.example"))
    assert stopping(bot, *PROMOTE) == {"soak"}
    ok(lin, *WAIVE)
    publish(ada, {"promptctl.yaml": pipeline("{soak: 1h}")["promptctl.yaml"].replace("[lin]}", "[ada]}")})
    assert stopping(bot, *PROMOTE) == {"soak"}, "the default branch says who may now"


def test_a_hold_is_never_waived(bot: Clone, lin: Clone) -> None:
    ok(lin, *WAIVE)
    recorded(lin, said(lin, gate="hold"))
    ok(bot, "hold", "hello", "--env", "prod", "--reason", "rude")
    assert stopping(bot, *PROMOTE) == {"hold"}
    words = (*WAIVE[:5], "hold", *WAIVE[6:])
    assert refused(lin, 2, *words)["message"] == "a hold cannot be waived"


def test_each_gate_that_stops_needs_a_waiver(ada: Clone, bot: Clone, lin: Clone) -> None:
    publish(ada, pipeline("{soak: 1h, approvals: {count: 1}}"))
    ok(lin, *WAIVE)
    assert stopping(bot, *PROMOTE) == {"approvals"}
    ok(lin, *WAIVE[:5], "approvals", *WAIVE[6:])
    ok(bot, *PROMOTE)
    assert [each["gate"] for each in record(bot)["waivers"]] == ["soak", "approvals"]


def test_who_waives_while_promoting_needs_no_other(lin: Clone) -> None:
    earlier = ok(lin, *WAIVE)["statement"]
    ok(lin, *PROMOTE, "--waive", "soak", "--reason", "my own")
    (waiver,) = record(lin)["waivers"]
    assert waiver["reason"] == "my own"
    assert waiver["statement"] != earlier


def test_the_waivers_of_two_people_go_together(ada: Clone, grace: Clone, lin: Clone) -> None:
    policy = pipeline("{soak: 1h, approvals: {count: 1}}")["promptctl.yaml"]
    publish(ada, {"promptctl.yaml": policy.replace("allowed: [lin]", "allowed: [lin, grace]")})
    ok(grace, *WAIVE)
    ok(lin, *PROMOTE, "--waive", "approvals", "--reason", "nobody is awake")
    assert [(each["gate"], each["by"]) for each in record(lin)["waivers"]] == [
        ("approvals", "lin@acme.example"),
        ("soak", "grace@acme.example"),
    ]
    assert ok(lin, "verify", "--env", "prod")["violations"] == []


def test_a_reason_says_nothing_to_terminals_and_runners(bot: Clone, lin: Clone) -> None:
    recorded(lin, said(lin, reason="a leak\x1b[31m\n::error::red\r\n##[group]x"))
    for words in (WAIVE, PROMOTE, ("status",), ("history", "--env", "prod")):
        done = call(bot if words == PROMOTE else lin, *words)
        assert done.code == 0, done.err
        assert "\x1b" not in done.out + done.err
        assert not [line for line in done.out.splitlines() if line.lstrip().startswith(("::", "##["))]


def test_a_waiver_says_what_it_is_for_and_until_when(lin: Clone) -> None:
    planned = ok(lin, *WAIVE, "--dry-run")
    assert (planned["outcome"], lin.git("ls-remote", "origin", "refs/heads/evidence")) == ("planned", "")
    waived = ok(lin, *WAIVE)
    assert set(planned) == set(waived) == WAIVED
    keys = ("outcome", "version", "environment", "gate", "by", "reason")
    assert [waived[key] for key in keys] == [
        *("waived", "1.0.0", "prod", "soak", "lin@acme.example", "stops a leak")
    ]
    at, until = (datetime.fromisoformat(waived[each]) for each in ("at", "until"))
    assert until - at == timedelta(hours=24)
    statement = Waiver(**{key: waived[key] for key in Waiver.__slots__})
    assert name_of(statement.to_bytes()) == waived["statement"]
    shown = call(lin, *WAIVE)
    assert shown.code == 0
    assert "changes    nothing serves in prod yet" in shown.out
    assert waived["gate_says"]["result"] == "fail"
    assert "  it says    fail: " in shown.out
    assert f"counts     for one promotion, until {waived['until']}" in shown.out
    assert "already waived by lin@acme.example" in shown.out
    assert (again := ok(lin, *WAIVE))["outcome"] == "already"
    assert again["statement"] == waived["statement"]


def test_what_would_not_count_is_refused(ada: Clone, bot: Clone, grace: Clone, lin: Clone) -> None:
    assert "grace@acme.example may not waive gates" in refused(grace, 4, *WAIVE)["message"]
    assert refused(lin, 2, *WAIVE, "--gate", "freeze")["hint"] == "run promptctl waive once for each"
    assert refused(lin, 2, *WAIVE[:5], "sok", *WAIVE[6:])["hint"] == "did you mean soak?"
    assert refused(lin, 2, *WAIVE[:5], "freeze", *WAIVE[6:])["message"] == "prod has no gate freeze"
    assert refused(lin, 2, *WAIVE[:-1], " ")["message"] == "--reason is empty"
    error = refused(lin, 2, "waive", "hello", *WAIVE[2:])
    assert error["message"] == "a waiver is for a version of a release"
    assert error["hint"] == "promptctl waive hello@1.2.0 --for prod --gate soak --reason …"
    assert refused(lin, 2, "waive", "hello@9.0.0", *WAIVE[2:])
    assert refused(lin, 2, *WAIVE[:3], "moon", *WAIVE[4:])
    lin.git("config", "--unset", "user.signingkey")
    assert refused(lin, 4, *WAIVE)["hint"] == "promptctl init --signing"


def test_a_waiver_that_is_no_newer_than_the_last_move_is_not_signed(
    ada: Clone, bot: Clone, lin: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(ada, pipeline("{}"))
    ok(bot, *PROMOTE)
    publish(ada, pipeline("{soak: 1h}"))
    moved = datetime.fromisoformat(lock_of(bot, "prod")["pins"][HELLO]["since"])
    monkeypatch.setattr("promptctl.cli.context.Context.now", moved)
    error = refused(lin, 4, "waive", "hello@1.1.0", *WAIVE[2:])
    assert "a waiver counts for what is newer" in error["message"]
