"""GitHub's rulesets, judged: what they refuse that we must push, and what they let others do. Pure.

What each type of rule asks: https://docs.github.com/en/rest/repos/rules
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Ruleset = Mapping[str, Any]

# Rules that no push of ours can satisfy: only who stands in the bypass list gets past them.
REFUSING = {
    "pull_request": "wants a pull request, and a promotion is a push",
    "required_signatures": "wants signed commits, and promptctl signs locks and tags, not commits",
    "required_status_checks": "wants a status check, and no check runs on these commits",
    "merge_queue": "wants a merge queue, and a promotion is a push",
    "workflows": "wants a workflow to pass first, and none runs on these commits",
    "code_scanning": "wants code scanning results, and these commits hold no code",
    "code_quality": "wants code quality results, and these commits hold no code",
    "required_deployments": "wants a deployment first",
    "commit_message_pattern": "wants another commit message",
    "commit_author_email_pattern": "wants another author's e-mail",
    "committer_email_pattern": "wants another committer's e-mail",
    "branch_name_pattern": "wants another name of the branch",
    "tag_name_pattern": "wants another name of the tag",
}
"""Type of rule to what it wants. Linear history and no force pushes are how promptctl pushes anyway."""

KEEPING = ("creation", "update", "deletion")
"""Rules that let only the bypass list act."""

_ACTORS = {
    "OrganizationAdmin": "owners of the organisation",
    "EnterpriseOwner": "owners of the enterprise",
    "RepositoryRole": "everybody with a role",
    "Team": "a team",
    "User": "a person",
    "Integration": "a GitHub App",
    "DeployKey": "every deploy key that may write",
}
_ROLES = {1: "maintainers", 2: "maintainers", 3: "triagers", 4: "everybody who may write", 5: "admins"}
_MACHINES = frozenset({"Integration", "DeployKey"})


def applying(rulesets: Iterable[Ruleset], ref: str, default_branch: str) -> list[Ruleset]:
    """Return the rulesets that hold for a ref (full name): those that are active, in their order."""
    return [
        each
        for each in rulesets
        if each.get("enforcement") == "active" and _applies(each, ref, default_branch)
    ]


def refusals(rulesets: Iterable[Ruleset]) -> Iterator[tuple[Ruleset, str, str]]:
    """Yield the rules that refuse a push of ours unless one stands in the bypass list: (set, type, what)."""
    for ruleset in rulesets:
        for rule in _rules(ruleset):
            if what := REFUSING.get(rule):
                yield ruleset, rule, what


def missing(rulesets: Iterable[Ruleset], wanted: Sequence[str] = KEEPING) -> list[str]:
    """Return the wanted types of rules that none of the rulesets has."""
    there = {rule for each in rulesets for rule in _rules(each)}
    return [each for each in wanted if each not in there]


def bypassing(rulesets: Iterable[Ruleset], rule: str) -> list[Mapping[str, Any]] | None:
    """Return who may do, by push, what a rule keeps: who stands in the bypass list of every set that has it.

    None where GitHub does not show it: it does so only to who may edit the ruleset.
    """
    lists = [each.get("bypass_actors") for each in rulesets if rule in _rules(each)]
    shown = [each for each in lists if isinstance(each, list)]
    if not shown or len(shown) < len(lists):
        return None
    keys = set.intersection(*({_key(actor) for actor in each} for each in shown))
    return [each for each in shown[0] if _key(each) in keys and each.get("bypass_mode") != "pull_request"]


def people(actors: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return those of the actors who are no machine, in words."""
    return [actor_words(each) for each in actors if each.get("actor_type") not in _MACHINES]


def actor_words(actor: Mapping[str, Any]) -> str:
    """Return who an entry of a bypass list is: `a GitHub App (15368)`, `admins`."""
    kind, number = str(actor.get("actor_type")), actor.get("actor_id")
    if kind == "RepositoryRole" and number in _ROLES:
        return _ROLES[number]
    words = _ACTORS.get(kind, kind)
    return f"{words} ({number})" if kind in {"Team", "User", "Integration"} else words


def name_of(ruleset: Ruleset) -> str:
    """Return what people know a ruleset by: its name, and whose it is where it is not the repository's."""
    owner = f" of {ruleset.get('source')}" if ruleset.get("source_type") != "Repository" else ""
    return f"“{ruleset.get('name')}”{owner}"


def wanted(app: int | None) -> list[dict[str, Any]]:
    """Return the two rulesets to set: who may move environments and evidence, and that tags stay.

    The one who may is the GitHub App with that id, else every deploy key that may write.
    """
    kind = "DeployKey" if app is None else "Integration"
    actor = {"actor_id": app, "actor_type": kind, "bypass_mode": "always"}
    return [
        {
            "name": "promptctl: only the promoting workflow moves environments",
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [actor],
            "conditions": {
                "ref_name": {"include": ["refs/heads/env/*", "refs/heads/evidence"], "exclude": []}
            },
            "rules": [*({"type": each} for each in KEEPING), {"type": "non_fast_forward"}],
        },
        {
            "name": "promptctl: a release tag never moves",
            "target": "tag",
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": ["refs/tags/prompts/**/*"], "exclude": []}},
            "rules": [{"type": "update"}, {"type": "deletion"}, {"type": "non_fast_forward"}],
        },
    ]


def _rules(ruleset: Ruleset) -> list[str]:
    rules = ruleset.get("rules")
    return (
        [str(each.get("type")) for each in rules if isinstance(each, dict)] if isinstance(rules, list) else []
    )


def _key(actor: Mapping[str, Any]) -> tuple[Any, Any]:
    return actor.get("actor_type"), actor.get("actor_id")


def _applies(ruleset: Ruleset, ref: str, default_branch: str) -> bool:
    target = "tag" if ref.startswith("refs/tags/") else "branch"
    names = (ruleset.get("conditions") or {}).get("ref_name") or {}
    include, exclude = names.get("include") or [], names.get("exclude") or []
    if ruleset.get("target") != target or any(_matches(ref, each, default_branch) for each in exclude):
        return False
    return any(_matches(ref, each, default_branch) for each in include)


def _matches(ref: str, pattern: str, default_branch: str) -> bool:
    if pattern == "~ALL":
        return True
    if pattern == "~DEFAULT_BRANCH":
        return ref == f"refs/heads/{default_branch}"
    return re.fullmatch(_translated(pattern), ref) is not None


def _translated(pattern: str) -> str:
    """Return the expression of a pattern: Ruby's fnmatch with FNM_PATHNAME, where `*` stops at a slash."""
    parts = re.split(r"(\*\*/|\*+|\?)", pattern)
    known = {"**/": "(?:[^/]+/)*", "?": "[^/]"}
    return "".join(
        known.get(each, "[^/]*" if each.startswith("*") else re.escape(each)) for each in parts if each
    )
