from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from helpers import cli
from helpers.cli import FILES, GREETING, Desk, Ran, make_history
from helpers.repositories import Clone, make_clone
from helpers.shop import call

PIPELINE = "environments:\n  - name: dev\n  - {name: prod, after: dev}\n"
MANY = {
    "promptctl.yaml": PIPELINE,
    **{f"prompts/note-{each:02}.md": f"Note {each}.\n" for each in range(12)},
}


class Quick(Desk):
    """One person at one registry, whose commands run in this process."""

    def run(self, *words: str, stdin: str = "", columns: int = 80) -> Ran:
        assert not stdin
        done = call(Clone(self.path, {**self.clone.environ, "COLUMNS": str(columns)}), *words)
        return Ran(done.code, done.out, done.err)


def make_desk(path: Path, files: Mapping[str, str | bytes] = FILES) -> Desk:
    return Quick(cli.make_desk(path, files).clone)


def make_desk_with_remote(path: Path) -> tuple[Desk, Clone]:
    desk, remote = cli.make_desk_with_remote(path)
    return Quick(desk.clone), remote


def test_of_many_that_wait_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, MANY)
    names = [f"note-{each:02}" for each in range(12)]
    desk.ok("release", *names)
    desk.ok("promote", *names, "--to", "dev")
    shown = desk.ok("status", "--offline")
    waiting = [line for line in shown.splitlines() if line.startswith("waiting")]
    assert [line.split()[1] for line in waiting] == [*names[:10], "2"]
    assert "          → promptctl promote --all --to prod --dry-run says what stops it\n" in shown
    assert len(desk.run("status", "--offline", "-o", "json").json["waiting"]) == 12


def test_more_rows_than_a_screen_has_are_counted_and_the_one_that_differs_is_shown(tmp_path: Path) -> None:
    names = [f"note-{each:02}" for each in range(50)]
    desk = make_desk(tmp_path, {**MANY, **{f"prompts/{each}.md": f"{each}.\n" for each in names}})
    desk.ok("release", *names)
    desk.ok("promote", *names, "--to", "dev")
    desk.ok("promote", *names[:-1], "--to", "prod")
    shown = desk.ok("status").splitlines()
    assert shown[1].split()[:2] == ["note-49", "1.0.0"]
    assert shown[2] == "… and 49 the same in every environment: promptctl list"


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


def test_a_gate_that_stops_a_release_is_named_with_what_would_unblock_it(tmp_path: Path) -> None:
    pipeline = PIPELINE.replace("after: dev", "after: dev, gates: {soak: 1h}")
    desk = make_desk(tmp_path, {**FILES, "promptctl.yaml": pipeline})
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting", "--to", "dev")
    shown = desk.ok("status", columns=200)
    assert re.search(r"\nwaiting   greeting 1.0.0, new there, for prod\n          ✗ soak: .* of 1h", shown)
    assert "→ promptctl promote greeting@1.0.0 --to prod --wait" in shown
    (waiting,) = desk.run("status", "-o", "json").json["waiting"]
    assert [(each["gate"], each["result"]) for each in waiting["gates"]][-1] == ("soak", "fail")
    (offline,) = desk.run("status", "--offline", "-o", "json").json["waiting"]
    assert offline["gates"] is None


def test_what_passes_every_gate_is_one_command_away(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    shown = desk.ok("status")
    assert "waiting   greeting 1.0.0 → 1.1.0, for prod\n          ✓ every gate passes: hold, after" in shown
    assert "          → promptctl promote greeting --to prod\n" in shown


def test_what_is_held_does_not_wait(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    desk.ok("hold", "greeting@1.1.0", "--env", "prod", "--reason", "rude")
    ran = desk.run("status", "--exit-code")
    assert "held      prod: greeting 1.1.0: rude (ada@acme.example, unverified, " in ran.stdout
    assert "waiting" not in ran.stdout
    assert ran.code == 0, "a hold is what somebody decided"


def test_what_was_rolled_back_is_named_by_its_version(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    desk.ok("rollback", "greeting", "--env", "dev", "--reason", "rude")
    assert "held      dev: greeting 1.1.0: rude" in desk.ok("status")
    desk.ok("hold", "--env", "dev", "--reason", "a quiet day")
    assert "held      dev: greeting 1.1.0: rude" in desk.ok("status")


def test_who_moved_what_last_is_said_and_that_nobody_verified_him(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    shown = desk.ok("status", columns=140)
    assert re.search(r"\nmoved     dev: promote greeting 1\.0\.0 → 1\.1\.0, \d+s ago by ada@", shown)
    assert "by ada@acme.example, unverified\n" in shown
    assert "gates: advisory, promptctl doctor says why" in shown


def test_a_name_that_serves_nowhere_is_refused(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    ran = desk.run("status", "greetign")
    assert ran.code == 2
    assert "greetign serves nowhere" in ran.stderr


def test_a_damaged_environment_hides_no_other_and_is_wrong(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    desk.clone.git("branch", "env/broken", "main")
    ran = desk.run("status", "--exit-code")
    assert (ran.code, "1.1.0" in ran.stdout) == (1, True)
    assert "env/broken is left out" in ran.stderr


def test_a_freeze_says_until_when(tmp_path: Path) -> None:
    freeze = "[{from: 2020-01-01, to: 2999-12-31}]"
    pipeline = PIPELINE.replace("after: dev", f"after: dev, gates: {{freeze: {freeze}}}")
    desk = make_desk(tmp_path, {**FILES, "promptctl.yaml": pipeline})
    make_release(desk)
    shown = desk.ok("status", "--offline", columns=140)
    assert "frozen    prod: frozen from 2020-01-01 to 2999-12-31 (UTC), until 3000-01-01T00:00:00Z" in shown
    found = desk.run("status", "--offline", "-o", "json").json["environments"]
    assert [each["frozen"] and each["frozen"]["until"] for each in found] == [None, "3000-01-01T00:00:00Z"]


def make_release(desk: Desk) -> None:
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting", "--to", "dev")


def drift(desk: Desk, *words: str) -> list[tuple[str, str, str]]:
    ran = desk.run("status", "-o", "json", "--exit-code", *words)
    found = [(each["code"], each["environment"], each["address"]) for each in ran.json["drift"]]
    assert ran.code == (1 if found else 0)
    return found


def test_a_registry_as_it_was_promoted_has_no_drift(tmp_path: Path) -> None:
    desk, _ = make_desk_with_remote(tmp_path)
    make_release(desk)
    assert drift(desk) == drift(desk, "--offline") == []


def test_a_tag_that_was_moved_is_drift(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_release(desk)
    desk.clone.git("tag", "-f", "-a", "-m", "moved", "prompts/greeting/v1.0.0", "HEAD")
    assert drift(desk) == [("tag", "dev", "prompts/greeting")]
    shown = desk.run("status", columns=140).stdout
    assert "1.0.0!" in shown
    assert "\ndrift     dev: greeting: tag prompts/greeting/v1.0.0 is " in shown
    assert "          → promptctl verify --env dev\n" in shown


def test_a_tag_that_moved_on_the_remote_is_drift_and_hides_nothing(tmp_path: Path) -> None:
    desk, remote = make_desk_with_remote(tmp_path)
    make_release(desk)
    remote.git("tag", "-f", "-a", "-m", "moved", "prompts/greeting/v1.0.0", "main")
    assert drift(desk) == [("moved", "", "")]
    assert "origin changed what may not change: prompts/greeting/v1.0.0 was" in _one_line(desk)
    assert drift(desk, "--offline") == []


def _one_line(desk: Desk) -> str:
    return " ".join(desk.run("status").stdout.split())


def test_a_tag_that_is_gone_from_the_remote_is_drift_for_who_never_had_it(tmp_path: Path) -> None:
    desk, remote = make_desk_with_remote(tmp_path)
    make_release(desk)
    other = Quick(make_clone(remote, tmp_path / "other", desk.clone.environ))
    other.clone.git("tag", "-d", "prompts/greeting/v1.0.0")
    assert drift(other, "--offline") == [], "a tag that is not here says nothing"
    remote.git("tag", "-d", "prompts/greeting/v1.0.0")
    assert drift(other) == [("tag", "dev", "prompts/greeting")]


def rewrite(clone: Clone, environment: str, *edits: tuple[str, str | None]) -> None:
    """Commit an environment anew with paths at other objects (None: without them), as no promptctl would."""
    ref = f"refs/heads/env/{environment}"
    index = Clone(clone.path, {**clone.environ, "GIT_INDEX_FILE": str(clone.path / ".git/scratch")})
    index.git("read-tree", ref)
    for path, blob in edits:
        if blob is None:
            index.git("rm", "-r", "--cached", "--quiet", path)
        else:
            index.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    clone.git("update-ref", ref, clone.git("commit-tree", index.git("write-tree"), "-p", ref, "-m", "edit"))


def test_files_that_are_not_those_of_the_release_are_drift(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_release(desk)
    blob = desk.clone.git("hash-object", "-w", "--stdin", stdin=b"{}")
    rewrite(desk.clone, "dev", ("releases/prompts/greeting/bundle.json", blob))
    assert drift(desk) == [("tree", "dev", "prompts/greeting")]
    assert "its files hold tree" in _one_line(desk)


def test_files_that_are_missing_or_that_nothing_pins_are_drift(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_release(desk)
    blob = desk.clone.git("hash-object", "-w", "--stdin", stdin=b"{}")
    rewrite(desk.clone, "dev", ("releases/prompts/other/bundle.json", blob))
    assert drift(desk) == [("tree", "dev", "prompts/other")]
    rewrite(desk.clone, "dev", ("releases", None))
    assert drift(desk) == [("tree", "dev", "prompts/greeting")]


def test_names_in_folders_have_no_drift(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {**MANY, "prompts/note-00/a.md": "A.\n", "prompts/note-0.md": "B.\n"} | {})
    (desk.path / "prompts/note-00.md").unlink()
    desk.clone.git("commit", "-qam", "folders")
    names = ["note-00/a", "note-0", "note-01"]
    desk.ok("release", *names)
    desk.ok("promote", *names, "--to", "dev")
    assert drift(desk) == []


def test_a_lock_edited_by_hand_does_not_say_what_was_promoted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_release(desk)
    lock = desk.clone.git("show", "env/dev:lock.json").replace("1.0.0", "7.0.0")
    rewrite(
        desk.clone,
        "dev",
        ("lock.json", desk.clone.git("hash-object", "-w", "--stdin", stdin=lock.encode() + b"\n")),
    )
    assert ("record", "dev", "prompts/greeting") in drift(desk)
    assert "promotion.json says 1.0.0 serves, lock.json says 7.0.0" in _one_line(desk)


def test_one_name_shows_its_own_row_and_what_waits_of_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, MANY)
    desk.ok("release", "note-00", "note-01")
    desk.ok("promote", "note-00", "note-01", "--to", "dev")
    shown = desk.ok("status", "note-01")
    assert "note-01" in shown
    assert "note-00" not in shown.replace("moved     dev: promote note-00 1.0.0, note-01 1.0.0", "")
    assert "…" not in shown


def test_no_line_is_wider_than_the_terminal(tmp_path: Path) -> None:
    stages = ["dev", "staging", "canary", "prod-eu", "prod-us"]
    chain = "".join(
        f"  - {{name: {name}{f', after: {stages[at - 1]}' if at else ''}, gates: {{soak: 3d}}}}\n"
        for at, name in enumerate(stages)
        if at
    )
    long = "answers-of-the-help-desk-in-the-evening"
    files = {
        **FILES,
        "promptctl.yaml": f"environments:\n  - name: dev\n{chain}",
        f"prompts/{long}.md": GREETING,
    }
    desk = make_desk(tmp_path, files)
    desk.ok("release", long, "tips")
    desk.ok("promote", long, "tips", "--to", "dev")
    for columns in (80, 140):
        shown = desk.ok("status", columns=columns)
        assert max(len(line) for line in shown.splitlines() if "→ promptctl" not in line) <= columns
        assert "tips" in shown
    assert f"{long}  " in desk.ok("status", columns=140)


def test_colour_is_for_terminals(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    make_history(desk)
    assert "\x1b" not in desk.ok("status")
