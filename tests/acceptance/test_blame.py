"""`promptctl history --at` and `promptctl blame`: what served when, and what had changed before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers.repositories import Clone
from helpers.shop import call, local_shop, lock_of, new_version, ok

HELLO, BYE = "prompts/hello", "prompts/bye"
WHY = ("--env", "dev", "--reason", "rude to guests")
LONG = "ada.augusta.lovelace.king.of.ockham@engineering.analytical-engines.example"


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """dev: hello 1.0.0, hello 1.1.0, bye 1.0.0, a hold, an unhold, hello back to 1.0.0."""
    clone = local_shop(tmp_path_factory.mktemp("shop"))
    ada = Clone(clone.path, {**clone.environ, "GIT_COMMITTER_EMAIL": LONG, "COLUMNS": "80"})
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    new_version(ada, "Bye.", "bye")
    ok(
        ada,
        "promote",
        "bye",
        "--to",
        "dev",
        "--reason",
        "a farewell that is said at the end of every visit" * 3,
    )
    ok(ada, "hold", "bye@1.0.0", *WHY)
    ok(ada, "unhold", "bye@1.0.0", *WHY)
    ok(ada, "hold", *WHY)
    ok(ada, "unhold", *WHY)
    ok(ada, "rollback", "hello", *WHY)
    spread(ada)
    return ada


def spread(clone: Clone) -> None:
    """Rewrite dev so that its commits lie an hour apart, the newest one an hour ago."""
    commits = clone.git("rev-list", "--reverse", "env/dev").split()
    now = datetime.now(UTC).replace(microsecond=0)
    parent: list[str] = []
    for place, commit in enumerate(commits):
        at = now - timedelta(hours=len(commits) - place)
        record = json.loads(clone.git("show", f"{commit}:promotion.json"))
        record["at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        text = json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        blob = clone.git("hash-object", "-w", "--stdin", stdin=text.encode())
        listed = clone.git("ls-tree", commit).replace(
            clone.git("rev-parse", f"{commit}:promotion.json"), blob
        )
        tree = clone.git("mktree", stdin=f"{listed}\n".encode())
        parent = ["-p", clone.git("commit-tree", tree, *parent, "-m", record["action"])]
    clone.git("update-ref", "refs/heads/env/dev", parent[1])


def before(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def blamed(clone: Clone, *words: str) -> Any:
    return ok(clone, "blame", "--env", "dev", *words)


def test_what_served_then_is_that_of_the_newest_change_before(ada: Clone) -> None:
    versions = []
    for hours in (0.5, 1.5, 6.5, 7.5, 9.5):
        served = ok(ada, "history", "--env", "dev", "--at", before(hours))["served"]
        pins = served[0]["pins"] if served else {}
        versions.append({address: pin["version"] for address, pin in pins.items()})
    both = {BYE: "1.0.0", HELLO: "1.0.0"}
    assert versions == [both, {**both, HELLO: "1.1.0"}, {HELLO: "1.1.0"}, {HELLO: "1.0.0"}, {}]


def test_of_an_address_it_says_where_it_served(ada: Clone) -> None:
    (then,) = ok(ada, "history", "hello", "--at", before(7.5))["served"]
    assert (then["environment"], then["sequence"], set(then["pins"])) == ("dev", 1, {HELLO})
    assert then["commit"] == ada.git("rev-parse", "env/dev~7")


def test_what_is_assumed_of_a_time_is_said(ada: Clone) -> None:
    found = ok(ada, "history", "--env", "dev", "--at", "2020-01-01")
    assert (found["at"], found["assumed"], found["served"]) == (
        "2020-01-01T23:59:59Z",
        "the end of the day, UTC",
        [],
    )
    text = call(ada, "blame", "--env", "dev", "--at", "2020-01-01T10:00").out
    assert text == "nothing served in dev at 2020-01-01T10:00:00Z (assumed: UTC)\n"


def test_blame_names_the_changes_of_the_window_newest_first(ada: Clone) -> None:
    found = blamed(ada, "--at", before(5.5), "--window", "1h")
    assert (found["sequence"], [each["sequence"] for each in found["changes"]]) == (3, [3])
    found = blamed(ada, "--at", before(5.5), "--window", "2h")
    assert [each["sequence"] for each in found["changes"]] == [3, 2]
    assert [each["address"] for each in found["serving"]] == [BYE, HELLO]
    assert len(blamed(ada, "--at", before(0.5))["changes"]) == 8


def test_each_move_has_its_headline_and_the_command_that_takes_it_back(ada: Clone) -> None:
    changes = {each["sequence"]: each["moved"] for each in blamed(ada, "--at", before(0.5))["changes"]}
    assert changes[2] == [
        {
            "address": HELLO,
            "from": "1.0.0",
            "to": "1.1.0",
            "headline": "minor: the system message reads differently",
            "bump": "minor",
            "loosens": False,
            "command": None,
            "no_command": "hello 1.1.0 serves there no longer",
        }
    ]
    assert changes[3][0]["headline"] == "it served nothing before"
    assert changes[3][0]["command"] == 'promptctl hold bye --env dev --reason "…"'
    assert changes[4] == changes[6] == []


def test_the_command_takes_back_what_still_serves(tmp_path: Path) -> None:
    clone = local_shop(tmp_path)
    for text in ("One.", "Two."):
        new_version(clone, text)
        ok(clone, "promote", "hello", "--to", "dev")
    newest, _ = blamed(clone, "--at", before(0))["changes"]
    command = newest["moved"][0]["command"]
    assert command == 'promptctl rollback hello --env dev --to 1.0.0 --reason "…"'
    ok(clone, *command.replace('"…"', "rude").split()[1:])
    assert lock_of(clone, "dev")["pins"][HELLO]["version"] == "1.0.0"


def test_a_loosened_policy_comes_first(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, SMALL_WITH_GUARDRAIL)
    ok(clone, "release", "hello")
    ok(clone, "promote", "hello", "--to", "dev")
    clone.commit({"guardrails/tone.yaml": GUARDRAIL.replace("100", "900")}, "looser")
    ok(clone, "release", "hello")
    ok(clone, "promote", "hello", "--to", "dev")
    newest = blamed(clone, "--at", before(0))["changes"][0]
    (moved,) = newest["moved"]
    assert moved["loosens"]
    assert moved["headline"].startswith("LOOSENS POLICY: minor: ")


GUARDRAIL = "input:\n  - {type: max_length, action: block, max_characters: 100}\n"
SMALL_WITH_GUARDRAIL = {
    "promptctl.yaml": "environments: [{name: dev}]\n",
    "guardrails/tone.yaml": GUARDRAIL,
    "prompts/hello.md": "---\npromptctl: {guardrails: [tone]}\n---\n# system:\nGreet.\n",
}


def test_holds_are_named_in_the_history_of_what_they_held(ada: Clone) -> None:
    found = {each["sequence"]: each for each in ok(ada, "history", "--env", "dev")["changes"]}
    named = {"scope": "digest", "address": BYE, "version": "1.0.0"}
    for number in (4, 5):
        (hold,) = found[number]["holds"]
        assert named.items() <= hold.items()
    everything = {"scope": "environment", "value": "dev", "address": None, "version": None}
    assert found[6]["holds"] == found[7]["holds"] == [everything]
    assert [each["sequence"] for each in ok(ada, "history", "bye")["changes"]] == [5, 4, 3]
    assert "hold bye 1.0.0" in call(ada, "history", "--env", "dev").out


@pytest.mark.parametrize(
    "words",
    [("history", "--env", "dev"), ("history", "hello"), ("blame", "--env", "dev", "--at", before(0))],
    ids=lambda words: words[0] + words[1],
)
def test_it_fits_eighty_columns_and_says_the_same_twice(ada: Clone, words: tuple[str, ...]) -> None:
    text = call(ada, *words).out
    assert max(map(len, text.splitlines())) <= 80
    assert LONG in text
    assert call(ada, *words).out == text


@pytest.mark.parametrize(
    "words",
    [
        ("blame", "--env", "dev"),
        ("blame", "--at", "2026-01-01"),
        ("blame", "--env", "moon", "--at", "2026-01-01"),
        ("blame", "--env", "../x", "--at", "2026-01-01"),
        ("blame", "--env", "dev", "--at", "yesterday"),
        ("blame", "--env", "dev", "--at", "2026-01-01", "--window", "24"),
        ("blame", "--env", "dev", "--at", "2026-01-01", "--window", ""),
        ("history", "hello", "--at", "2h ago"),
        ("history", "--at", "2026-01-01"),
    ],
)
def test_wrong_words_are_refused(ada: Clone, words: tuple[str, ...]) -> None:
    assert call(ada, *words).code == 2


def test_a_change_that_cannot_be_read_is_suspect(tmp_path: Path) -> None:
    clone = local_shop(tmp_path)
    for text in ("One.", "Two."):
        new_version(clone, text)
        ok(clone, "promote", "hello", "--to", "dev")
    tree = clone.git("rev-parse", "env/dev^{tree}")
    listed = clone.git("ls-tree", tree).split("\n")
    without = "\n".join(each for each in listed if not each.endswith("promotion.json")) + "\n"
    made = clone.git("commit-tree", clone.git("mktree", stdin=without.encode()), "-p", "env/dev", "-m", "x")
    clone.git("update-ref", "refs/heads/env/dev", clone.git("commit-tree", tree, "-p", made, "-m", "y"))
    found = blamed(clone, "--at", before(0))
    assert [bool(each["damage"]) for each in found["changes"]] == [False, True, False, False]
    assert "no promotion.json" in found["damaged"]["dev"]
