"""What programs read: the keys of every document are frozen. New ones may be added, here first."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import call, new_version, ok, shop

APPLIED = {
    "schema",
    "environment",
    "action",
    "changes",
    "gates",
    "waivers",
    "outcome",
    "commit",
    "sequence",
}


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = shop(tmp_path_factory.mktemp("shop"))
    ok(clone, "release", "hello")
    new_version(clone, "Greet warmly.")
    for version in ("1.0.0", "1.1.0"):
        ok(clone, "promote", f"hello@{version}", "--to", "dev")
    return clone


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (("promote", "hello", "--to", "staging"), "promptctl.promote/v1"),
        (("rollback", "hello", "--env", "dev", "--reason", "rude"), "promptctl.rollback/v1"),
        (("hold", "hello", "--env", "dev", "--reason", "rude"), "promptctl.hold/v1"),
        (("unhold", "hello", "--env", "dev", "--reason", "kind"), "promptctl.unhold/v1"),
    ],
)
def test_a_change_of_an_environment(ada: Clone, words: tuple[str, ...], schema: str) -> None:
    found = ok(ada, *words, "--dry-run")
    assert (found["schema"], set(found)) == (schema, APPLIED)
    for move in found["changes"]:
        assert set(move) == {"address", "from", "to"}
    for gate in found["gates"]:
        assert set(gate) == {"gate", "address", "result", "reason", "hint", "evidence"}
    assert bool(found["changes"]) == (words[0] in {"promote", "rollback"})
    assert bool(found["gates"]) == (words[0] == "promote")


def test_a_repair(ada: Clone) -> None:
    found = ok(ada, "repair", "--env", "dev", "--sequence", "99", "--reason", "restored", "--dry-run")
    assert (found["schema"], set(found)) == ("promptctl.repair/v1", APPLIED)


def test_blame(ada: Clone) -> None:
    found = ok(ada, "blame", "--env", "dev", "--at", "2100-01-01", "--window", "1h")
    about = {"schema", "environment", "at", "assumed", "begin", "stale", "damaged", "sequence", "commit"}
    assert set(found) == {*about, "serving", "changes"}
    assert {key for each in found["serving"] for key in each} == {
        *("address", "version", "digest", "since", "by")
    }
    found = ok(ada, "blame", "--env", "dev", "--at", found["serving"][0]["since"])
    assert {key for each in found["changes"] for key in each} == {
        *("environment", "sequence", "commit", "damage", "action", "at", "by", "reason", "changes"),
        *("gates", "waivers", "holds", "moved", "signed"),
    }
    assert {key for each in found["changes"] for moved in each["moved"] for key in moved} == {
        *("address", "from", "to", "headline", "bump", "loosens", "command", "no_command")
    }


def test_what_served_at_a_time(ada: Clone) -> None:
    found = ok(ada, "history", "--env", "dev", "--at", "2100-01-01")
    assert set(found) == {"schema", "at", "assumed", "served", "stale", "damaged"}
    (then,) = found["served"]
    assert set(then) == {"environment", "sequence", "commit", "pins"}
    assert {key for pin in then["pins"].values() for key in pin} == {"version", "digest", "since", "by"}


def test_render(ada: Clone) -> None:
    found = ok(ada, "render", "hello", "--var", "name=Ada")
    assert set(found) == {"schema", "address", "where", "version", "digest", "messages", "openai"}
    assert {key for each in found["messages"] for key in each} == {"role", "content"}
    assert set(found["openai"]) == {"model", "messages"}


def test_a_refusal(ada: Clone, tmp_path: Path) -> None:
    found = call(ada, "hold", "--env", "moon", "--reason", "x", "-o", "json").json
    assert set(found) == {"schema", "code", "message", "hint", "exit_code"}
