from __future__ import annotations

from pathlib import Path

from helpers.cli import Desk, make_desk, make_history

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


def test_what_is_held_does_not_wait(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    assert "promote greeting --to prod" in desk.ok("status")
    desk.ok("hold", "greeting@1.1.0", "--env", "prod", "--reason", "rude")
    shown = desk.ok("status")
    assert "held      prod: greeting 1.1.0: rude" in shown
    assert "waiting" not in shown


def test_a_name_that_serves_nowhere_is_refused(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    ran = desk.run("status", "greetign")
    assert ran.code == 2
    assert "greetign serves nowhere" in ran.stderr


def test_a_damaged_environment_hides_no_other(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    desk.clone.git("branch", "env/broken", "main")
    ran = desk.run("status")
    assert (ran.code, "1.1.0" in ran.stdout) == (0, True)
    assert "env/broken is left out" in ran.stderr
