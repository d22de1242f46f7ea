from __future__ import annotations

from helpers.cli import Desk

RELEASE = {"version", "digest", "commit", "source_commit", "by", "at", "notes"}
WHERE = {"environment", "sequence", "commit", "damage"}
CHANGE = {*WHERE, "action", "at", "by", "signed", "reason", "changes", "gates", "waivers", "holds"}


def test_json_has_frozen_keys(desk: Desk) -> None:
    found = desk.run("history", "greeting", "-o", "json").json
    assert set(found) == {"schema", "stale", "damaged", "releases", "changes"}
    assert (found["schema"], found["stale"], found["damaged"]) == ("promptctl.history/v1", None, {})
    newest, first = found["releases"]
    assert set(first) == RELEASE
    assert (newest["version"], first["version"], first["notes"]) == ("1.1.0", "1.0.0", "opening day")
    assert first["by"] == "ada@acme.example"
    assert first["commit"] == desk.clone.git("rev-parse", "prompts/greeting/v1.0.0^{commit}")
    assert {frozenset(each) for each in found["changes"]} == {frozenset(CHANGE)}
    changes = {(each["environment"], each["sequence"]): each for each in found["changes"]}
    assert set(changes) == {("dev", 1), ("dev", 2), ("prod", 1)}
    moves = [{"address": "prompts/greeting", "from": "1.0.0", "to": "1.1.0"}]
    assert changes["dev", 2]["changes"] == moves
    assert {frozenset(each) for each in changes["prod", 1]["gates"]} == {
        frozenset({"gate", "address", "result", "reason", "evidence"})
    }


def test_the_history_of_an_environment_has_its_changes_alone(desk: Desk) -> None:
    found = desk.run("history", "--env", "dev", "-o", "json").json
    assert found["releases"] == []
    assert [(each["environment"], each["sequence"]) for each in found["changes"]] == [("dev", 2), ("dev", 1)]
