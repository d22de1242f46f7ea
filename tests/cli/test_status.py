from __future__ import annotations

from pathlib import Path

from helpers.cli import Desk, make_desk

MANY = {
    "promptctl.yaml": "environments:\n  - name: dev\n  - {name: prod, after: dev}\n",
    **{f"prompts/note-{each:02}.md": f"Note {each}.\n" for each in range(12)},
}


def test_of_many_that_wait_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, MANY)
    names = [f"note-{each:02}" for each in range(12)]
    desk.ok("release", *names)
    desk.ok("promote", *names, "--to", "dev")
    lines = desk.ok("status", "--offline").splitlines()
    waiting = [line for line in lines if line.startswith("waiting")]
    assert [line.split()[1] for line in waiting] == [*names[:10], "2"]
    assert lines[-1] == "          → promptctl promote --all --to prod"
    assert len(desk.run("status", "--offline", "-o", "json").json["waiting"]) == 12


def test_a_changed_pipeline_is_read_anew_until_it_is_kept(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {**MANY, "promptctl.yaml": "environments: [{name: dev}]\n"})
    desk.ok("release", "note-00")
    desk.ok("promote", "note-00", "--to", "dev")
    assert _environments(desk) == ["dev"]
    desk.clone.commit({"promptctl.yaml": "environments: [{name: dev}, {name: live, after: dev}]\n"})
    assert _environments(desk) == ["dev", "live"]


def test_a_broken_pipeline_is_no_reason_to_show_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, MANY)
    desk.ok("release", "note-00")
    desk.ok("promote", "note-00", "--to", "dev")
    desk.clone.commit({"promptctl.yaml": "environments: [\n"})
    assert _environments(desk) == ["dev", "prod"]


def _environments(desk: Desk) -> list[str]:
    status = desk.run("status", "--offline", "-o", "json").json
    return [each["name"] for each in status["environments"]]
