"""Which refs a GitHub ruleset holds for, and who gets past it."""

from __future__ import annotations

from typing import Any

import pytest

from promptctl.services.doctor import rulesets

MAIN = "refs/heads/main"


def ruleset(
    *include: str, target: str = "branch", rules: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    names = {"include": list(include), "exclude": more.pop("exclude", [])}
    return {
        "target": target,
        "enforcement": "active",
        "conditions": {"ref_name": names},
        "rules": [{"type": each} for each in rules],
        **more,
    }


def actor(kind: str, number: int | None = None, mode: str = "always") -> dict[str, Any]:
    return {"actor_type": kind, "actor_id": number, "bypass_mode": mode}


@pytest.mark.parametrize(
    ("pattern", "ref", "holds"),
    [
        ("~ALL", "refs/heads/env/prod", True),
        ("~DEFAULT_BRANCH", MAIN, True),
        ("~DEFAULT_BRANCH", "refs/heads/env/prod", False),
        ("refs/heads/env/*", "refs/heads/env/prod", True),
        ("refs/heads/env/*", "refs/heads/env/a/b", False),
        ("refs/heads/*", "refs/heads/env/prod", False),
        ("refs/heads/**/*", "refs/heads/env/prod", True),
        ("refs/heads/**/*", MAIN, True),
        ("refs/heads/**", "refs/heads/env/prod", False),
        ("refs/heads/env/pro?", "refs/heads/env/prod", True),
        ("refs/heads/env/p.od", "refs/heads/env/prod", False),
        ("refs/tags/prompts/**/*", "refs/tags/prompts/a/v1.0.0", True),
        ("refs/tags/prompts/**/*", "refs/tags/prompts/a/b/v1.0.0", True),
    ],
)
def test_a_pattern_is_matched_as_ruby_matches_paths(pattern: str, ref: str, holds: bool) -> None:
    target = "tag" if ref.startswith("refs/tags") else "branch"
    assert bool(rulesets.applying([ruleset(pattern, target=target)], ref, "main")) is holds


def test_a_ruleset_for_tags_is_none_for_branches() -> None:
    assert rulesets.applying([ruleset("~ALL", target="tag")], MAIN, "main") == []


@pytest.mark.parametrize(
    "more", [{"exclude": [MAIN]}, {"enforcement": "disabled"}, {"enforcement": "evaluate"}]
)
def test_what_is_excluded_or_off_does_not_hold(more: dict[str, Any]) -> None:
    assert rulesets.applying([ruleset("~ALL", **more)], MAIN, "main") == []


def test_only_who_gets_past_every_ruleset_by_push_gets_past_a_rule() -> None:
    app, admins, team = actor("Integration", 7), actor("RepositoryRole", 5), actor("Team", 9, "pull_request")
    one = ruleset("~ALL", rules=("update",), bypass_actors=[app, admins, team])
    other = ruleset("~ALL", rules=("update",), bypass_actors=[app, team])
    assert rulesets.bypassing([one], "update") == [app, admins]
    assert rulesets.bypassing([one, other, ruleset("~ALL", rules=("deletion",))], "update") == [app]
    assert rulesets.people([app, admins]) == ["admins"]


def test_a_bypass_list_that_is_not_shown_says_nothing() -> None:
    assert rulesets.bypassing([ruleset("~ALL", rules=("update",))], "update") is None
    assert rulesets.bypassing([], "update") is None
