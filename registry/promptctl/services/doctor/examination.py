"""Every check, in the order in which their troubles stand in each other's way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from promptctl.errors import PromptctlError
from promptctl.services.doctor import (
    clock,
    env_branch,
    git_version,
    identity,
    objects,
    promoters,
    protection,
    refspecs,
    remote,
    rulesets,
    shallow_clone,
    signing,
    ssh_keygen,
    stale_locks,
)
from promptctl.services.doctor.problem import Problem, Subject
from promptctl.store.github import github_of

Check = Callable[[Subject], Iterator[Problem]]

CHECKS: tuple[tuple[str, Check], ...] = tuple(
    (each.NAME, each.check)
    for each in (
        git_version,
        identity,
        ssh_keygen,
        stale_locks,
        env_branch,
        remote,  # fetches: what comes after looks at what was fetched
        shallow_clone,
        refspecs,
        clock,
        objects,
        signing,
        promoters,
        protection,
    )
)
"""Name and function of each."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What the checks found, and which found nothing. `rulesets` are to be set at
    `rulesets_path` of GitHub's API."""

    problems: tuple[Problem, ...]
    passed: tuple[str, ...]
    rulesets: tuple[dict[str, Any], ...] = ()
    rulesets_path: str = ""


def examine(subject: Subject) -> Examination:
    """Run every check. Nothing is changed but what a fetch changes."""
    found = {name: list(_checked(name, check, subject)) for name, check in CHECKS}
    problems = tuple(each for some in found.values() for each in some)
    passed = tuple(name for name, some in found.items() if not some)
    github = github_of(protection.address_of(subject), subject.repository.git.environ)
    if github is None or not found[protection.NAME]:
        return Examination(problems, passed)
    return Examination(problems, passed, tuple(rulesets.wanted(subject.app)), f"{github.path}/rulesets")


def _checked(name: str, check: Check, subject: Subject) -> Iterator[Problem]:
    """One check that cannot be made keeps no other from being made."""
    try:
        yield from check(subject)
    except PromptctlError as error:
        yield Problem(name, "error", error.message, "so more cannot be told", error.hint)


def command_of(ruleset: dict[str, Any], path: str) -> str:
    """Return the command that sets a ruleset, to be pasted into a shell."""
    lines = ",\n".join(f'  "{key}": {json.dumps(value)}' for key, value in ruleset.items())
    return f"gh api --method POST {path} --input - <<'JSON'\n{{\n{lines}\n}}\nJSON"
