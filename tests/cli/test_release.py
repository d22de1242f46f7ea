from __future__ import annotations

from pathlib import Path

from helpers.cli import GREETING, make_desk

KEYS = {
    *("outcome", "address", "version", "digest", "commit", "tag_object", "source_commit"),
    *("bump", "changes"),
}


def test_json_has_frozen_keys(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    found = desk.run("release", "greeting", "-o", "json").json
    assert set(found) == {"schema", "releases"}
    assert found["schema"] == "promptctl.release/v1"
    (first,) = found["releases"]
    assert set(first) == KEYS
    assert (first["outcome"], first["version"], first["bump"], first["changes"]) == (
        "released",
        "1.0.0",
        None,
        [],
    )
    assert first["tag_object"] == desk.clone.git("rev-parse", "refs/tags/prompts/greeting/v1.0.0")
    desk.clone.commit({"prompts/greeting.md": GREETING.replace("Be {{", "Be short and {{")}, "shorter")
    (planned,) = desk.run("release", "greeting", "--dry-run", "-o", "json").json["releases"]
    assert set(planned) == KEYS
    assert (planned["outcome"], planned["bump"], planned["commit"]) == ("planned", "minor", None)
    keys = frozenset({"where", "what", "bump", "part", "section", "loosens"})
    assert {frozenset(each) for each in planned["changes"]} == {keys}


def test_a_release_that_is_stopped_says_where_and_what(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.clone.commit({"prompts/greeting.md": GREETING.replace("{{ guest }}", "{{ gast }}")}, "typo")
    ran = desk.run("release", "greeting")
    assert ran.code == 1
    assert "prompts/greeting.md:" in ran.stderr
    assert ":0" not in ran.stderr
