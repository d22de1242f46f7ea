"""`promptctl approve` and `revoke`: what people say, signed, as they type it."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.experiments import experiment
from helpers.keys import SIGNERS, make_key, signers, signs
from helpers.repositories import Clone
from helpers.shop import SMALL, another, call, new_version, ok, publish, refused, shop

from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.repository import Repository

PIPELINE = """\
environments:
  - name: dev
  - name: prod
    after: dev
    gates: {approvals: {count: 2, not_author: true}}
people: {ada: [ada@acme.example], grace: [grace@acme.example], lin: [lin@acme.example, lin@home.example]}
"""
REVOKED_KEYS = ".promptctl/revoked_keys"
APPROVED = {
    *("schema", "outcome", "statement", "address", "version", "digest", "environment", "by", "at", "reason"),
    *("experiments", "serving", "bump", "loosens", "gate", "policy_loosened"),
}
REVOKED = {"schema", "outcome", "statement", "revocation", "by", "at", "reason", "was"}
WAS = {
    *("kind", "address", "digest", "version", "environment", "gate", "suite", "statement"),
    *("by", "signer", "at", "reason"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, Clone, Clone]:
    """Ada writes; hello 1.0.0 serves in prod, 1.1.0 in dev. Grace and Lin have clones."""
    pipeline = "environments: [{name: dev}, {name: prod, after: dev}]\n"
    ada = shop(tmp_path_factory.mktemp("shop"), {**SMALL, "promptctl.yaml": pipeline})
    ok(ada, "release", "hello")
    for environment in ("dev", "prod"):
        ok(ada, "promote", "hello", "--to", environment)
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello@1.1.0", "--to", "dev")
    publish(ada, {"promptctl.yaml": PIPELINE})
    return (ada, another(ada, "grace"), another(ada, "lin"))


@pytest.fixture
def unsigned(made: tuple[Clone, Clone, Clone], tmp_path: Path) -> tuple[Clone, Clone, Clone]:
    """Ada, Grace and Lin, none of whom signs, at a registry of this test's own."""
    shutil.copytree(made[0].path.parent, tmp_path, dirs_exist_ok=True, symlinks=True)
    for each in (people := tuple(Clone(tmp_path / each.path.name, each.environ) for each in made)):
        each.git("remote", "set-url", "origin", (tmp_path / "remote.git").as_uri())
    return people


@pytest.fixture
def ada(unsigned: tuple[Clone, Clone, Clone]) -> Clone:
    return unsigned[0]


@pytest.fixture
def grace(unsigned: tuple[Clone, Clone, Clone]) -> Clone:
    return unsigned[1]


@pytest.fixture
def team(unsigned: tuple[Clone, Clone, Clone]) -> tuple[Clone, Clone, Clone]:
    """Ada, Grace and Lin, who all sign."""
    publish(unsigned[0], signers(unsigned))
    return unsigned


def statements(clone: Clone) -> list[str]:
    clone.git("fetch", "--quiet", "origin", "+refs/heads/evidence:refs/remotes/origin/evidence")
    return clone.git("ls-tree", "-r", "--name-only", "origin/evidence").splitlines()


def test_an_approval_is_signed_evidence_for_the_digest(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    said = ok(grace, "approve", "hello@1.1.0", "--for", "prod", "--reason", "read it")
    assert set(said) == APPROVED
    assert (said["outcome"], said["by"], said["reason"]) == ("approved", "grace@acme.example", "read it")
    assert (said["version"], said["serving"]["version"], said["bump"]) == ("1.1.0", "1.0.0", "minor")
    folder = f"evidence/prompts/hello/{said['digest'][7:19]}"
    name = f"{folder}/{said['statement']}.json"
    assert statements(grace) == [name, f"{name}.sig"]
    assert grace.git("rev-list", "--count", "origin/evidence") == "1"


def test_two_people_who_did_not_write_it_open_the_gate(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, lin = team
    first = ok(grace, "approve", "hello@1.1.0", "--for", "prod")
    assert (first["gate"]["result"], first["gate"]["reason"].splitlines()[0][:6]) == ("fail", "1 of 2")
    assert "wrote the change" in ok(ada, "approve", "hello@1.1.0", "--for", "prod")["gate"]["reason"]
    assert call(ada, "promote", "hello", "--to", "prod").code == 1
    assert ok(lin, "approve", "hello@1.1.0", "--for", "prod")["gate"]["result"] == "pass"
    assert ok(ada, "promote", "hello", "--to", "prod")["outcome"] == "done"


def test_approving_again_writes_nothing(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    first = ok(grace, "approve", "hello@1.1.0", "--for", "prod")
    again = ok(grace, "approve", "hello@1.1.0", "--for", "prod", "--reason", "again")
    assert (again["outcome"], again["statement"]) == ("already", first["statement"])
    assert len(statements(grace)) == 2
    assert (
        "already approved by grace@acme.example" in call(grace, "approve", "hello@1.1.0", "--for", "prod").out
    )
    assert ok(grace, "approve", "hello@1.1.0", "--for", "dev")["outcome"] == "approved"


def test_a_dry_run_signs_and_pushes_nothing(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    said = ok(grace, "approve", "hello@1.1.0", "--for", "prod", "--dry-run")
    assert (said["outcome"], said["gate"]["reason"][:6]) == ("planned", "1 of 2")
    shown = call(grace, "approve", "hello@1.1.0", "--for", "prod", "--dry-run").out
    assert "gate then  1 of 2 people approved" in shown
    assert shown.endswith("would be approved by grace@acme.example\n")
    assert not grace.git("ls-remote", "origin", "refs/heads/evidence")


def test_it_says_what_is_approved_and_how_to_look_closer(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    done = call(grace, "approve", "hello@1.1.0", "--for", "prod", "--reason", "it is \x1b[31mkind")
    assert done.code == 0, done.err
    assert (
        re.sub(r"[0-9a-f]{64}|\([0-9a-f]{12}\)|\d{4}-\S+Z", "…", done.out)
        == """\
hello 1.1.0  for prod
  digest sha256:…
  changes    1 change (1 text; minor) since 1.0.0, which serves there
             promptctl diff hello@prod hello@1.1.0
  reason     it is �[31mkind
  gate       1 of 2 people approved: grace (grace@acme.example) at …
             could approve: lin
approved by grace@acme.example …
"""
    )


def test_without_signing_it_is_refused_with_the_command_that_sets_it_up(ada: Clone) -> None:
    error = refused(ada, 4, "approve", "hello@1.1.0", "--for", "prod")
    assert (error["hint"], "no signing key" in error["message"]) == ("promptctl init --signing", True)


def test_a_key_that_nobody_knows_approves_nothing(team: tuple[Clone, Clone, Clone], tmp_path: Path) -> None:
    _, grace, _ = team
    signs(grace, make_key(tmp_path / "new"))
    error = refused(grace, 4, "approve", "hello@1.1.0", "--for", "prod")
    assert "do not know your key" in error["message"]
    assert "promptctl init --signing" in error["hint"]


def test_a_key_that_is_no_longer_valid_approves_nothing(ada: Clone, grace: Clone, tmp_path: Path) -> None:
    key = make_key(tmp_path / "old")
    publish(ada, {SIGNERS: key.line("grace@acme.example", 'valid-before="20200101Z"')})
    error = refused(signs(grace, key), 4, "approve", "hello@1.1.0", "--for", "prod")
    assert "does not count" in error["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "hello@1.1.0", "--for", "prod"),
        ("revoke", "NAME", "--reason", "no"),
        ("promote", "hello", "--to", "prod", "--waive", "approvals", "--reason", "urgent"),
    ],
)
def test_a_revoked_key_says_nothing_any_more(
    team: tuple[Clone, Clone, Clone], words: tuple[str, ...]
) -> None:
    ada, grace, _ = team
    name = ok(grace, "approve", "hello@1.1.0", "--for", "prod")["statement"]
    key = (ada.path.parent / "keys" / "ada@acme.example.pub").read_bytes()
    publish(ada, {REVOKED_KEYS: key, "promptctl.yaml": f"{PIPELINE}waivers: {{allowed: [ada]}}\n"})
    error = refused(ada, 4, *(name if each == "NAME" else each for each in words))
    assert "is revoked" in error["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hello", "--for", "prod"), "a version of a release"),
        (("hello@prod", "--for", "prod"), "a version of a release"),
        (("@prod", "--for", "prod"), "a version of a release"),
        (("hello@9.0.0", "--for", "prod"), "no release prompts/hello 9.0.0"),
        (("hello@1.1.0", "--for", "moon"), "no environment 'moon'"),
        (("hello@1.1.0", "--for", "prod", "--experiment", "abc"), "not how a statement is called"),
        (("hello@1.1.0", "--for", "prod", "--experiment", "abcd"), "no statement begins with abcd"),
    ],
)
def test_what_does_not_exist_is_not_approved(ada: Clone, words: tuple[str, ...], said: str) -> None:
    publish(ada, signers([ada]))
    assert said in refused(ada, 2, "approve", *words)["message"]


def test_only_an_experiment_of_this_digest_can_be_named(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    other = ok(grace, "approve", "hello@1.0.0", "--for", "prod")["statement"]
    error = refused(grace, 2, "approve", "hello@1.1.0", "--for", "prod", "--experiment", other[:8])
    assert "is no experiment that counts for this digest" in error["message"]


def record(clone: Clone, digest: str) -> str:
    """Record an unsigned experiment; return its name."""
    recorded = experiment("prompts/hello", digest)
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    with Repository.discover(clone.path, clone.environ) as repository:
        person = Person("Ada", "ada@acme.example")
        (name,) = evidence.add(repository, [recorded], person=person, now=now, pause=lambda _: None)
    return name


def test_an_approval_names_the_experiments_that_were_looked_at(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, lin = team
    first = ok(grace, "approve", "hello@1.1.0", "--for", "prod")
    name = record(lin, first["digest"])
    words = ("approve", "hello@1.1.0", "--for", "prod", "--experiment", name[:8])
    said = ok(grace, *words)
    assert (said["outcome"], said["experiments"]) == ("approved", [name])
    assert f"looked at  {name[:12]}" in call(grace, *words).out
    for again in (words, words[:4]):
        assert ok(grace, *again)["outcome"] == "already"
    assert ok(lin, "revoke", name, "--reason", "leaked")["was"]["kind"] == "experiment"
    assert refused(lin, 2, *words)["hint"].startswith("leave it out")


def test_a_revoked_approval_no_longer_counts(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, lin = team
    for person in (grace, lin):
        name = ok(person, "approve", "hello@1.1.0", "--for", "prod", "--reason", "ok")["statement"]
    said = ok(grace, "revoke", name[:6], "--reason", "not after all")
    assert (set(said), set(said["was"])) == (REVOKED, WAS)
    assert (said["outcome"], said["by"]) == ("revoked", "grace@acme.example")
    was = said["was"]
    assert (was["kind"], was["version"], was["environment"], was["signer"], was["reason"]) == (
        *("approval", "1.1.0", "prod", "lin@acme.example", "ok"),
    )
    assert call(ada, "promote", "hello", "--to", "prod").code == 1
    again = ok(lin, "revoke", name[:6], "--reason", "twice")
    assert (again["outcome"], again["revocation"], again["was"]) == ("already", said["revocation"], was)
    assert (
        ok(lin, "approve", "hello@1.1.0", "--for", "prod", "--reason", "ok now")["gate"]["result"] == "pass"
    )


def test_only_who_revoked_takes_it_back(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, lin = team
    name = ok(lin, "approve", "hello@1.1.0", "--for", "prod")["statement"]
    revocation = ok(grace, "revoke", name, "--reason", "wait")["revocation"]
    error = refused(lin, 4, "revoke", revocation, "--reason", "no")
    assert "nobody else takes that back" in error["message"]
    assert ok(grace, "revoke", revocation, "--reason", "go on")["was"]["kind"] == "revocation"
    assert ok(lin, "approve", "hello@1.1.0", "--for", "prod")["outcome"] == "already"


def test_what_is_revoked_is_shown_first(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    name = ok(grace, "approve", "hello@1.1.0", "--for", "prod", "--reason", "fine")["statement"]
    done = call(grace, "revoke", name, "--reason", "no", "--dry-run")
    shown = re.sub(r"\d{4}-\S+Z", "…", " ".join(done.out.split()))
    assert shown == (
        "approval of hello 1.1.0 for prod, by grace@acme.example at …: fine"
        " would be revoked by grace@acme.example"
    )
    assert len(statements(grace)) == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("abcd", "--reason", "x"), 2, "no statement begins with abcd"),
        (("../x", "--reason", "x"), 2, "not how a statement is called"),
        (("abcd", "--reason", " "), 2, "--reason is empty"),
    ],
)
def test_what_cannot_be_revoked_is_refused(ada: Clone, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in refused(ada, code, "revoke", *words)["message"]


def test_without_a_remote_the_same_holds(team: tuple[Clone, Clone, Clone]) -> None:
    _, grace, _ = team
    grace.git("pull", "--quiet", "origin", "main")
    grace.git("fetch", "--quiet", "origin", "refs/heads/env/*:refs/heads/env/*", "refs/tags/*:refs/tags/*")
    grace.git("remote", "remove", "origin")
    assert ok(grace, "approve", "hello@1.1.0", "--for", "prod")["outcome"] == "approved"
    assert ok(grace, "approve", "hello@1.1.0", "--for", "prod")["outcome"] == "already"
