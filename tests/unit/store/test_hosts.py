"""What hosts say, word for word as they were seen, and what it means to us."""

from __future__ import annotations

import pytest

from promptctl.errors import LostRaceError, PromptctlError, RefusedError, Unavailable
from promptctl.gitcmd import Result
from promptctl.store import hosts, refs

PROD = "refs/heads/env/prod"
TAG = "refs/tags/prompts/committer/v1.0.0"
OLD, NEW = "1" * 40, "2" * 40


def judged(said: str, reason: str = "", ref: str = PROD) -> PromptctlError:
    """Return the exception that a push means: what was said, and the reason in the line about the ref."""
    line = f"To https://host/o/r.git\n!\t{NEW}:{ref}\t[remote rejected] ({reason})\nDone\n" if reason else ""
    found = refs._push_failure(ref, OLD, Result(1, line.encode(), said.encode()))
    assert isinstance(found, PromptctlError), found
    return found


GH013 = (
    "remote: error: GH013: Repository rule violations found for refs/heads/env/prod.\n"
    "remote: Review all repository rules at https://github.com/o/r/rules?ref=refs%2Fheads%2Fenv%2Fprod\n"
    "remote: \nremote: - {}\nremote: \n"
)
RULES = "push declined due to repository rule violations"
DECLINED = "pre-receive hook declined"
REFUSED = [
    (GH013.format("Changes must be made through a pull request."), RULES, "GitHub wants a pull request"),
    (GH013.format("Commits must have verified signatures."), RULES, "signed commits on env/prod"),
    (GH013.format('Required status check "test" is expected.'), RULES, "status check on env/prod"),
    (GH013.format("Cannot update this protected ref."), RULES, "bypass list"),
    (GH013.format("Cannot create ref due to creations being restricted."), RULES, "bypass list"),
    (GH013.format("Something that GitHub says next year."), RULES, "promptctl doctor"),
    (
        (
            "remote: error: GH006: Protected branch update failed for refs/heads/env/prod.\n"
            "remote: error: 6 of 6 required status checks are expected."
        ),
        "protected branch hook declined",
        "where no check ever runs",
    ),
    (
        "remote: GitLab: You are not allowed to push code to protected branches on this project.",
        DECLINED,
        "Protected branches",
    ),
    (
        "remote: GitLab: You are not allowed to create this tag as it is protected.",
        DECLINED,
        "Protected tags",
    ),
    (
        (
            "remote: GitLab: You cannot push commits for 'a@acme.example'. You can only push commits that"
            " were committed with one of your own verified emails."
        ),
        DECLINED,
        "Push rules",
    ),
    ("remote: Permission denied to update branch env/prod.", DECLINED, "Branch restrictions"),
    (
        (
            "remote: Branch refs/heads/env/prod can only be modified through pull requests.\n"
            "remote: Check your branch permissions configuration with the project administrator."
        ),
        DECLINED,
        "Branch permissions",
    ),
    (
        "",
        "TF402455: Pushes to this branch are not permitted; you must use a pull request to update it.",
        "Bypass policies when pushing",
    ),
    (
        "",
        "TF401027: You need the Git 'GenericContribute' permission to perform this action. Details: …",
        "“Contribute”",
    ),
    ("remote: Gitea: Not allowed to push to protected branch env/prod", DECLINED, "Settings → Branches"),
    ("remote: Forgejo: User permission denied for writing.", DECLINED, "Collaborators"),
    ("remote: nobody may, today", DECLINED, "ask who runs the remote"),
]


@pytest.mark.parametrize(("said", "reason", "hint"), REFUSED)
def test_a_host_that_refuses_is_no_lost_race_and_the_hint_says_what_to_set(
    said: str, reason: str, hint: str
) -> None:
    found = judged(said, reason)
    assert type(found) is RefusedError
    assert found.hint.startswith("nothing was changed; ")
    assert hint in found.hint
    assert "{ref}" not in found.hint


def test_a_hint_names_the_ref() -> None:
    found = judged(GH013.format("Changes must be made through a pull request."), RULES, "refs/heads/evidence")
    assert "pull request for evidence" in found.hint


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "stale info"),
        ("", "fetch first"),
        ("", "non-fast-forward"),
        ("", "already exists"),
        ("", "incorrect old value provided"),
        ("error: atomic transaction failed", "atomic transaction failed"),
        (f"remote: error: cannot lock ref '{PROD}': is at {NEW} but expected {OLD}", "failed to update ref"),
        (f"remote: error: cannot lock ref '{PROD}': reference is missing but expected {OLD}", "failed"),
        (
            "",
            (
                f"TF401028: The reference '{PROD}' has already been updated by another client, so you cannot"
                " update it. Please try again."
            ),
        ),
    ],
)
def test_all_words_for_a_lost_race_are_one(said: str, reason: str) -> None:
    assert type(judged(said, reason)) is LostRaceError


def test_a_hook_may_say_what_it_likes_and_is_no_race() -> None:
    assert type(judged("remote: a key that already exists was found", DECLINED)) is RefusedError


def test_names_of_refs_are_no_words_of_a_host() -> None:
    assert type(judged("", "stale info", TAG)) is LostRaceError
    assert type(judged("", "stale info", "refs/heads/env/tf402455")) is LostRaceError


def test_a_branch_named_env_is_named() -> None:
    found = judged(
        f"remote: error: cannot lock ref '{PROD}': 'refs/heads/env' exists; cannot create '{PROD}'",
        "failed to update ref",
    )
    assert type(found) is RefusedError
    assert "a branch env stands in the way" in found.hint


@pytest.mark.parametrize(
    "said",
    [
        (
            "remote: Permission to o/r.git denied to ada.\n"
            "fatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error: 403"
        ),
        (
            "ERROR: The key you are authenticating with has been marked as read only.\n"
            "fatal: Could not read from remote repository."
        ),
        (
            "remote: ERROR: This deploy key does not have write access to this project.\n"
            "fatal: Could not read from remote repository."
        ),
        (
            "remote: You are not allowed to push code to this project.\n"
            "fatal: unable to access 'https://gitlab.com/o/r.git/': The requested URL returned error: 403"
        ),
        (
            "fatal: remote error: TF401019: The Git repository with name or identifier r does not exist or"
            " you do not have permissions for the operation you are attempting."
        ),
        "conq: repository access denied.\nfatal: Could not read from remote repository.",
    ],
)
def test_who_may_not_write_at_all_is_told_so(said: str) -> None:
    found = judged(said)
    assert type(found) is Unavailable
    assert "you may not write to this remote" in found.hint


def test_a_host_that_is_not_there_asks_to_try_again() -> None:
    found = judged("fatal: unable to access 'https://host/': Could not resolve host: host")
    assert (type(found), found.hint) == (Unavailable, "nothing was changed; try again")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/o/r.git", "GitHub"),
        ("git@github.com:o/r.git", "GitHub"),
        ("ssh://git@github.acme.example:22/o/r", "GitHub"),
        ("https://acme.ghe.com/o/r", "GitHub"),
        ("https://token@gitlab.acme.example/o/r.git", "GitLab"),
        ("git@bitbucket.org:o/r.git", "Bitbucket"),
        ("https://acme@dev.azure.com/acme/p/_git/r", "Azure DevOps"),
        ("git@ssh.dev.azure.com:v3/acme/p/r", "Azure DevOps"),
        ("https://acme.visualstudio.com/p/_git/r", "Azure DevOps"),
        ("https://codeberg.org/o/r", "Gitea"),
        ("https://git.acme.example/github.com/r", None),
        ("file:///srv/github.com/r.git", None),
        ("/srv/github.com/r.git", None),
        ("../github.com", None),
    ],
)
def test_a_host_is_known_by_the_name_of_its_machine(address: str, name: str | None) -> None:
    found = hosts.host_of(address)
    assert (found.name if found else None) == name
