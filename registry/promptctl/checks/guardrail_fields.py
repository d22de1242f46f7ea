"""A guardrail's rule has what its type looks for, and nothing that its type would ignore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.document import Path
from promptctl.model.registry import Artifact, Registry

_NEEDS = {
    "pii": ("entities", "[card_number, email]"),
    "banned_phrases": ("phrases", '["…"]'),
    "max_length": ("max_characters", "4000"),
    "banned_topics": ("topics", '[{id: NAME, phrases: ["…"]}]'),
    "tone": ("forbidden", "[sarcastic]"),
}
_ALSO_KNOWN = {"tone": ("judge", "min_score")}
_FIELDS = ("entities", "phrases", "max_characters", "topics", "forbidden", "judge", "min_score")
_NOT_REDACTED = ("max_length", "tone")


def _find(guardrail: Artifact, _: Registry) -> Iterator[Problem]:
    for side in ("input", "output"):
        for index, rule in enumerate(getattr(guardrail.value, side)):
            yield from _of_rule(guardrail, (side, index), rule)


def _of_rule(guardrail: Artifact, path: Path, rule: Any) -> Iterator[Problem]:
    needed, example = _NEEDS.get(rule.type, ("", ""))
    given = [each for each in _FIELDS if getattr(rule, each, None) not in (None, ())]
    known = (needed, *_ALSO_KNOWN.get(rule.type, ()))
    if needed and not any(each in given for each in (needed, "judge")):
        message = f"a rule of type {rule.type} finds nothing without `{needed}`"
        yield at(guardrail, path, message, f"add {needed}: {example}")
    for each in given:
        if each not in known:
            owners = [name for name, (field, _) in _NEEDS.items() if field == each] or ["tone"]
            message = f"a rule of type {rule.type} does not look at `{each}`"
            yield at(guardrail, (*path, each), message, f"remove it, or add a rule of type {owners[0]}")
    if rule.action == "redact" and rule.type in _NOT_REDACTED:
        message = f"a rule of type {rule.type} finds nothing that could be redacted"
        instead = "block" if path[0] == "input" else "refuse"
        yield at(guardrail, (*path, "action"), message, f"write action: {instead}")
    if getattr(rule, "enforce", "") == "eval" and rule.type != "tone":
        message = f"a rule of type {rule.type} is not judged by suites, so nobody would enforce it"
        yield at(guardrail, (*path, "enforce"), message, "remove enforce: it holds at run time then")
    yield from _of_topics(guardrail, path, getattr(rule, "topics", ()))


def _of_topics(guardrail: Artifact, path: Path, topics: tuple[Any, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, topic in enumerate(topics):
        here = (*path, "topics", index)
        if not topic.phrases:
            message = f"the topic `{topic.id}` has no phrases to be recognised by"
            yield at(guardrail, here, message, 'add phrases: ["…"]')
        if topic.id in seen:
            message = f"the topic `{topic.id}` is here twice"
            yield at(guardrail, (*here, "id"), message, "put the phrases into one topic, or rename one")
        seen.add(topic.id)


RULE = Rule(
    "PC148", "guardrail rules have the fields of their type, and no others", kinds=("guardrail",), find=_find
)
