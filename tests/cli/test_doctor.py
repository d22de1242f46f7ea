"""What `promptctl doctor` finds, each with what helps; and what it repairs once somebody says yes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import Desk, make_desk, make_desk_with_remote
from helpers.repositories import Clone, make_clone
from helpers.shop import Done, call

FILES = {
    "promptctl.yaml": "environments:\n  - name: dev\n  - name: prod\n    after: dev\n",
    "prompts/a.md": "A.\n",
}
ADDRESS = "https://github.com/acme/prompts.git"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made, _ = make_desk_with_remote(tmp_path, FILES)
    return made


def found(done: Done) -> dict[str, list[dict[str, Any]]]:
    """Return what was found, by check."""
    by_check: dict[str, list[dict[str, Any]]] = {}
    for each in done.json["problems"]:
        by_check.setdefault(each["check"], []).append(each)
    return by_check


def examined(clone: Clone, *words: str) -> dict[str, list[dict[str, Any]]]:
    return found(call(clone, "doctor", "-o", "json", *words))


def grown_old(path: Path, age_s: int = 3_700) -> Path:
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_a_fresh_clone_has_nothing_wrong_and_is_told_what_could_be_better(desk: Desk) -> None:
    done = call(desk.clone, "doctor", "-o", "json")
    assert done.code == 0
    assert set(found(done)) == {"refspecs", "signing", "gates", "protection"}
    assert {each["severity"] for each in done.json["problems"]} == {"advice"}
    assert set(done.json) == {"schema", "problems", "passed", "rulesets"}
    assert {"git", "identity", "ssh-keygen", "locks", "env", "remote", "clock", "objects"} <= set(
        done.json["passed"]
    )


def test_every_problem_says_what_why_and_what_helps_within_the_width(desk: Desk) -> None:
    ran = desk.run("doctor", columns=80)
    assert max(len(line) for line in ran.stdout.splitlines() if "→" not in line) <= 80
    assert (
        "  → git config --add remote.origin.fetch 'refs/tags/prompts/*:refs/tags/prompts/*'\n" in ran.stdout
    )
    assert "· gates: promptctl.yaml names no promoters: gates are advisory\n" in ran.stdout
    assert "✓ git, identity, ssh-keygen, locks, env, remote" in ran.stdout


def test_why_gates_are_advisory_is_said_before_the_first_promotion(desk: Desk) -> None:
    pipeline = desk.path / "promptctl.yaml"
    pipeline.write_text(f"{pipeline.read_text()}promoters: [bot@acme.example]\n")
    desk.clone.git("commit", "--quiet", "--all", "--message", "promoters")
    desk.clone.git("push", "--quiet", "origin", "HEAD")
    (problem,) = examined(desk.clone)["gates"]
    assert (problem["severity"], "nothing was promoted yet" in problem["what"]) == ("advice", True)


def test_of_a_plain_remote_it_cannot_tell_who_may_push_and_an_app_means_nothing(desk: Desk) -> None:
    protects, app = examined(desk.clone, "--app", "7")["protection"]
    assert "whether the remote protects env/*" in protects["what"]
    assert app["what"].startswith("--app is for rulesets of GitHub")
    assert {each["severity"] for each in (protects, app)} == {"advice"}


def test_nobody_known_to_git_is_an_error(desk: Desk) -> None:
    Path(desk.clone.environ["GIT_CONFIG_GLOBAL"]).write_text("[user]\n\tname = Ada\n")
    done = call(desk.clone, "doctor", "-o", "json")
    (problem,) = found(done)["identity"]
    assert (done.code, problem["severity"]) == (1, "error")
    assert problem["fix"] == "git config --global user.email you@example.com"


def test_a_stale_lock_is_removed_after_a_yes_and_only_then(desk: Desk) -> None:
    git = desk.path / ".git"
    young, old = git / "index.lock", git / "refs/heads/main.lock"
    young.touch()
    old.touch()
    grown_old(old)
    (problem,) = examined(desk.clone)["locks"]
    assert str(old) in problem["what"]
    assert desk.run("doctor", "--fix", stdin="n\nn\nn\n").code == 1
    assert old.exists()
    ran = desk.run("doctor", "--fix", stdin="y\nn\nn\n")
    assert ran.code == 0
    assert f"remove {old}, 1h1m old? [y/N]" in ran.stderr
    assert (old.exists(), young.exists()) == (False, True)


def test_who_cannot_be_asked_must_say_yes_beforehand(desk: Desk) -> None:
    assert call(desk.clone, "doctor", "--fix", "-o", "json").code == 2
    grown_old(_touched(desk.path / ".git/HEAD.lock"))
    done = call(desk.clone, "doctor", "--fix", "--yes", "-o", "json")
    assert done.code == 0
    assert [each["fixed"] for each in found(done)["locks"]] == [True]
    assert not (desk.path / ".git/HEAD.lock").exists()


def _touched(path: Path) -> Path:
    path.touch()
    return path


def test_missing_refspecs_are_added_so_that_plain_git_sees_releases(desk: Desk) -> None:
    desk.ok("release", "a")
    desk.ok("promote", "a", "--to", "dev")
    other = make_clone(
        desk.clone.git("remote", "get-url", "origin"), desk.path.parent / "other", desk.clone.environ
    )
    other.git("tag", "-d", "prompts/a/v1.0.0")
    other.git("config", "remote.origin.tagOpt", "--no-tags")
    other.git("config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main")
    assert len(examined(other)["refspecs"]) == 2
    call(other, "doctor", "--fix", "--yes")
    assert "refspecs" not in examined(other)
    other.git("fetch", "--quiet")
    assert other.git("log", "--format=%s", "prompts/a/v1.0.0") == "prompts/a v1.0.0"


def test_a_shallow_clone_is_told_how_to_deepen(desk: Desk, tmp_path: Path) -> None:
    desk.clone.commit({"prompts/a.md": "B.\n"})
    desk.clone.git("push", "--quiet")
    url = desk.clone.git("remote", "get-url", "origin")
    Clone(tmp_path, desk.clone.environ).git(
        "clone", "--quiet", "--depth", "1", url, str(tmp_path / "shallow")
    )
    (problem,) = examined(Clone(tmp_path / "shallow", desk.clone.environ))["history"]
    assert problem["fix"] == "git fetch --unshallow origin"


@pytest.mark.parametrize("is_remote", [True, False])
def test_a_branch_named_env_is_an_error(tmp_path: Path, is_remote: bool) -> None:
    desk = make_desk_with_remote(tmp_path, FILES)[0] if is_remote else make_desk(tmp_path, FILES)
    desk.clone.git("branch", "env")
    assert ("env" in examined(desk.clone)) is not is_remote, "a clone's own branch is in nobody's way"
    if is_remote:
        desk.clone.git("push", "--quiet", "origin", "env")
    done = call(desk.clone, "doctor", "-o", "json")
    (problem,) = found(done)["env"]
    assert (done.code, problem["severity"]) == (1, "error")
    git = problem["fix"].split(maxsplit=1)[1]
    if is_remote:
        desk.clone.git("fetch", "--quiet")
    desk.clone.git(*git.split())
    assert "env" not in examined(desk.clone)


def test_a_remote_that_cannot_be_reached_is_an_error(desk: Desk) -> None:
    desk.clone.git("remote", "set-url", "origin", "file:///nowhere/at/all.git")
    (problem,) = examined(desk.clone)["remote"]
    assert problem["severity"] == "error"
    assert "cannot be reached" in problem["what"]


def test_a_remote_whose_head_is_unborn_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    desk, remote = make_desk_with_remote(tmp_path, FILES)
    remote.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    (problem,) = examined(desk.clone)["remote"]
    assert problem["fix"] == "name it: git config promptctl.defaultBranch main"
    desk.clone.git("config", "promptctl.defaultBranch", "main")
    assert "remote" not in examined(desk.clone)


def test_a_default_branch_without_a_pipeline_is_an_error(tmp_path: Path) -> None:
    desk, _ = make_desk_with_remote(tmp_path, {"prompts/a.md": "A.\n"})
    (problem,) = examined(desk.clone)["remote"]
    assert "no promptctl.yaml" in problem["what"]


def test_a_missing_object_is_named(desk: Desk) -> None:
    desk.clone.commit({"prompts/b/c.md": "C.\n"})  # a loose object, whatever a clone packs
    tree = desk.clone.git("rev-parse", "HEAD:prompts")
    (desk.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    (problem,) = examined(desk.clone)["objects"]
    assert problem["severity"] == "error"
    assert tree in problem["what"]


def test_a_clock_that_is_behind_the_remote_is_an_error(desk: Desk) -> None:
    later = f"{int(time.time()) + 7_200} +0000"
    environ = {**desk.clone.environ, "GIT_COMMITTER_DATE": later, "GIT_AUTHOR_DATE": later}
    Clone(desk.path, environ).commit({"prompts/a.md": "B.\n"})
    desk.clone.git("push", "--quiet")
    (problem,) = examined(desk.clone)["clock"]
    assert "in the future" in problem["what"]


def test_without_ssh_keygen_signatures_can_be_neither_made_nor_verified(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to("/usr/bin/git")
    clone = Clone(desk.path, {**desk.clone.environ, "PATH": str(tmp_path / "bin")})
    (problem,) = examined(clone)["ssh-keygen"]
    assert problem["severity"] == "warning"
    assert "not installed" in problem["what"]


def test_an_old_ssh_keygen_is_told_apart(desk: Desk, tmp_path: Path) -> None:
    (problem,) = examined(
        with_program(desk.clone, tmp_path, "ssh-keygen", "echo unknown option -- Y >&2\nexit 1")
    )["ssh-keygen"]
    assert "too old" in problem["what"]


def with_program(clone: Clone, tmp_path: Path, name: str, script: str) -> Clone:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return Clone(clone.path, {**clone.environ, "PATH": f"{folder}:{clone.environ['PATH']}"})


def test_a_key_that_nobody_knows_proves_nothing(desk: Desk, tmp_path: Path) -> None:
    key = tmp_path / "key"
    Clone(tmp_path, desk.clone.environ).git("init", "--quiet", str(tmp_path / "x"))
    os.spawnlp(os.P_WAIT, "ssh-keygen", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    desk.clone.git("config", "gpg.format", "ssh")
    desk.clone.git("config", "user.signingkey", str(key))
    (problem,) = examined(desk.clone)["signing"]
    assert (problem["severity"], "do not know the key" in problem["what"]) == ("warning", True)
    public = key.with_suffix(".pub").read_text().rsplit(" ", 1)[0]
    line = f'ada@acme.example namespaces="promptctl,git" {public}\n'
    desk.clone.commit({".promptctl/allowed_signers": line})
    desk.clone.git("push", "--quiet")
    assert "signing" not in examined(desk.clone)


def test_where_others_sign_no_key_is_a_warning(desk: Desk) -> None:
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4PkMYsQb3FHyzLvp4kF5Zt9C0rRhyIEP5fZ1zvV2Xd"
    desk.clone.commit({".promptctl/allowed_signers": f"bo@acme.example {public}\n"})
    desk.clone.git("push", "--quiet")
    (problem,) = examined(desk.clone)["signing"]
    assert (problem["severity"], problem["fix"]) == ("warning", "promptctl init --signing")


def test_a_lock_that_no_promoter_signed_is_why_gates_are_advisory(desk: Desk) -> None:
    desk.ok("release", "a")
    desk.ok("promote", "a", "--to", "dev")
    pipeline = FILES["promptctl.yaml"] + "promoters: [ci@acme.example]\n"
    desk.clone.commit({"promptctl.yaml": pipeline})
    desk.clone.git("push", "--quiet")
    (problem,) = examined(desk.clone)["gates"]
    assert problem["what"] == "lock.json of env/dev is not signed"
    way_out = "promptctl repair --env dev --sequence 2 --reason …"
    assert problem["fix"] == f"let one of ci@acme.example run {way_out}"


# What GitHub answers: https://docs.github.com/en/rest/repos/rules
APP = {"actor_id": 123456, "actor_type": "Integration", "bypass_mode": "always"}
ADMIN = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
ENVS = ["refs/heads/env/*", "refs/heads/evidence"]
MAIN = {"include": ["~DEFAULT_BRANCH"], "types": ["deletion", "non_fast_forward", "pull_request"]}
KEPT = {"include": ENVS, "types": ["creation", "update", "deletion", "non_fast_forward"], "actors": [APP]}
TAGS = {"target": "tag", "include": ["refs/tags/prompts/**/*"], "types": ["update", "deletion"]}


def ruleset(number: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "name": said.get("name", f"rules {number}"),
        "target": said.get("target", "branch"),
        "source_type": "Repository",
        "source": "acme/prompts",
        "enforcement": said.get("enforcement", "active"),
        "conditions": {"ref_name": {"include": said["include"], "exclude": said.get("exclude", [])}},
        "rules": [{"type": each} for each in said["types"]],
        "bypass_actors": said.get("actors", []),
        "current_user_can_bypass": said.get("me", "never"),
        "node_id": "RRS_lACqUmVwb3NpdG9yeQ",
        "_links": {"self": {"href": f"https://api.github.com/repos/acme/prompts/rulesets/{number}"}},
    }


@pytest.fixture
def on_github(desk: Desk, tmp_path: Path) -> Any:
    """A clone whose remote is on GitHub, as git and `gh` see it; give it rulesets."""
    real = desk.clone.git("remote", "get-url", "origin")
    config = Path(desk.clone.environ["GIT_CONFIG_GLOBAL"])
    config.write_text(f'{config.read_text()}[url "{real}"]\n\tinsteadOf = {ADDRESS}\n')
    desk.clone.git("remote", "set-url", "origin", ADDRESS)

    def answering(*said: dict[str, Any]) -> Clone:
        sets = [ruleset(number, each) for number, each in enumerate(said, 1)]
        listed = [
            {k: v for k, v in each.items() if k not in {"rules", "conditions", "bypass_actors"}}
            for each in sets
        ]
        answers = {"repos/acme/prompts": {"full_name": "acme/prompts", "default_branch": "main"}}
        answers["repos/acme/prompts/rulesets?per_page=100"] = listed  # type: ignore[assignment]
        answers |= {f"repos/acme/prompts/rulesets/{each['id']}": each for each in sets}
        place = tmp_path / "answers"
        place.mkdir(exist_ok=True)
        for path, answer in answers.items():
            (place / path.replace("/", "_")).write_text(json.dumps(answer))
        script = (
            'test "$*" = "api --hostname github.com --method GET $6" || exit 9\n'
            f'exec cat "{place}/$(echo "$6" | tr / _)"'
        )
        return with_program(desk.clone, tmp_path, "gh", script)

    return answering


def protection(clone: Clone) -> list[tuple[str, str]]:
    return [(each["severity"], each["what"]) for each in examined(clone).get("protection", [])]


def test_a_protected_repository_has_nothing_wrong_and_nothing_to_set(on_github: Any) -> None:
    clone = on_github(MAIN, KEPT, TAGS)
    assert protection(clone) == []
    assert call(clone, "doctor", "-o", "json").json["rulesets"] == []


def test_without_rulesets_everything_that_others_may_do_is_said_and_what_to_set(on_github: Any) -> None:
    clone = on_github()
    assert protection(clone) == [
        ("error", "env/prod, evidence: anybody who may push may make, move and delete it"),
        ("warning", "release tags: anybody who may push may move and delete them"),
        ("warning", "main: no ruleset wants a pull request"),
    ]
    done = call(clone, "doctor", "-o", "json", "--app", "77")
    first, second = done.json["rulesets"]
    assert first["bypass_actors"] == [{"actor_id": 77, "actor_type": "Integration", "bypass_mode": "always"}]
    assert first["conditions"]["ref_name"]["include"] == ENVS
    assert (second["target"], second["bypass_actors"]) == ("tag", [])


def test_the_rulesets_that_are_printed_satisfy_the_doctor(on_github: Any) -> None:
    printed = call(on_github(), "doctor").out
    bodies = [json.loads(part.split("JSON\n")[0]) for part in printed.split("<<'JSON'\n")[1:]]
    assert "gh api --method POST repos/acme/prompts/rulesets --input - <<'JSON'\n{" in printed
    said = [
        {
            "target": each["target"],
            "include": each["conditions"]["ref_name"]["include"],
            "types": [rule["type"] for rule in each["rules"]],
            "actors": each["bypass_actors"],
        }
        for each in bodies
    ]
    assert protection(on_github(MAIN, *said)) == []


@pytest.mark.parametrize(
    "rule", ["pull_request", "required_signatures", "required_status_checks", "merge_queue", "workflows"]
)
def test_a_rule_that_refuses_our_push_is_named(on_github: Any, rule: str) -> None:
    clone = on_github(MAIN, KEPT, TAGS, {"name": "all", "include": ["~ALL"], "types": [rule]})
    refused = [what for severity, what in protection(clone) if severity == "error"]
    assert len(refused) == 1
    assert refused[0].startswith("env/prod, evidence: ruleset “all” wants ")
    assert refused[0].endswith(f"({rule})")


@pytest.mark.parametrize("rule", ["required_linear_history", "non_fast_forward"])
def test_a_rule_that_promptctl_keeps_anyway_is_no_matter(on_github: Any, rule: str) -> None:
    assert protection(on_github(MAIN, KEPT, TAGS, {"include": ["~ALL"], "types": [rule]})) == []


def test_rules_that_are_off_excluded_or_of_other_refs_do_not_count(on_github: Any) -> None:
    others = [
        {"include": ["~ALL"], "types": ["pull_request"], "enforcement": "evaluate"},
        {"include": ["~ALL"], "exclude": ["refs/heads/e*", "refs/heads/env/*"], "types": ["pull_request"]},
        {"include": ["refs/heads/*"], "exclude": ["refs/heads/evidence"], "types": ["required_signatures"]},
        {"include": ["refs/heads/feature/**/*"], "types": ["pull_request"]},
    ]
    assert protection(on_github(MAIN, KEPT, TAGS, *others)) == []


def test_whoever_else_gets_past_the_rules_is_named(on_github: Any) -> None:
    clone = on_github(MAIN, {**KEPT, "actors": [APP, ADMIN]}, TAGS)
    assert protection(clone) == [("warning", "env/prod, evidence: past its ruleset gets also admins")]
    narrowed = on_github(MAIN, {**KEPT, "actors": [APP, ADMIN]}, TAGS, KEPT)
    assert protection(narrowed) == [], "who gets past one ruleset does not get past the other"


def test_evidence_that_people_may_add_to_and_not_rewrite_is_kept(on_github: Any) -> None:
    envs = {**KEPT, "include": ["refs/heads/env/*"]}
    evidence = {"include": ["refs/heads/evidence"], "types": ["deletion", "non_fast_forward"]}
    assert protection(on_github(MAIN, envs, TAGS, evidence)) == []
    assert len(protection(on_github(MAIN, envs, TAGS))) == 1


def test_an_environment_that_nobody_may_move_is_an_error(on_github: Any) -> None:
    clone = on_github(MAIN, {**KEPT, "actors": []}, TAGS)
    assert ("error", "env/prod, evidence: nobody may move it: the bypass list is empty") in protection(clone)


def test_tags_that_somebody_may_move_are_named(on_github: Any) -> None:
    assert protection(on_github(MAIN, KEPT, {**TAGS, "actors": [ADMIN]})) == [
        ("warning", "release tags: admins may move them")
    ]


def test_a_gh_that_is_not_signed_in_is_told_how_and_asks_for_nothing(on_github: Any, tmp_path: Path) -> None:
    script = 'test "$GH_PROMPT_DISABLED" = 1 || exit 9\necho "To get started, run: gh auth login" >&2\nexit 4'
    clone = with_program(on_github(), tmp_path, "gh", script)
    (problem,) = examined(clone)["protection"]
    assert problem["severity"] == "advice"
    assert "To get started" in problem["what"]
    assert problem["fix"].startswith("gh auth login")


@pytest.mark.parametrize("answer", ["[]", "{}", "null", "7", '[{"id": 1}]', "no json"])
def test_whatever_gh_answers_the_doctor_goes_on(on_github: Any, tmp_path: Path, answer: str) -> None:
    done = call(with_program(on_github(), tmp_path, "gh", f"echo '{answer}'"), "doctor", "-o", "json")
    assert done.code in {0, 1}
    assert len(found(done)["protection"]) == 1


def test_of_gitlab_the_settings_are_said_in_words(desk: Desk) -> None:
    real = desk.clone.git("remote", "get-url", "origin")
    config = Path(desk.clone.environ["GIT_CONFIG_GLOBAL"])
    config.write_text(f'{config.read_text()}[url "{real}"]\n\tinsteadOf = git@gitlab.com:acme/prompts.git\n')
    desk.clone.git("remote", "set-url", "origin", "git@gitlab.com:acme/prompts.git")
    (problem,) = examined(desk.clone)["protection"]
    assert "Protected branches: env/* and evidence" in problem["fix"]
