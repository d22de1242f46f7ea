"""LOOSENS POLICY of `promptctl.yaml`: every kind of change both ways; the looser way is marked."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from promptctl.core.kinds import build
from promptctl.model.difference.pipelines import compare_pipelines, digest
from promptctl.model.pipeline import Pipeline

WINDOW = {"begin": "Fri 16:00", "end": "Mon 08:00", "timezone": "Europe/Berlin"}
HOLIDAYS = {"begin": "2026-12-23", "end": "2027-01-02"}
ADA = ("ada@acme.example", "github:8928778")


def gates(**given: Any) -> Pipeline:
    return pipeline(environments=[{"name": "dev"}, {"name": "prod", "after": "dev", "gates": given}])


def pipeline(**given: Any) -> Pipeline:
    return build(Pipeline, given)  # type: ignore[no-any-return]


def after(name: str | None) -> Pipeline:
    return pipeline(environments=[{"name": "dev"}, {"name": "qa"}, {"name": "prod", "after": name}])


def provider(**given: Any) -> Pipeline:
    return pipeline(providers={"acme": {"base_url": "https://a.example", **given}})


LOOSER = [
    ("evals", gates(evals={}), gates(), "prod: the gate evals is gone"),
    (
        "margin",
        gates(evals={"margin": 0.05}),
        gates(evals={"margin": 0.1}),
        "prod: a drop of 0.1 may go unnoticed (0.05 before)",
    ),
    ("replay", gates(evals={}), gates(evals={"replay": "allowed"}), "prod: recorded answers are allowed"),
    (
        "max_age",
        gates(evals={"max_age": "30d"}),
        gates(evals={"max_age": "60d"}),
        "prod: how old experiments may be: 60d (30d before)",
    ),
    (
        "no max_age",
        gates(evals={"max_age": "30d"}),
        gates(evals={}),
        "prod: how old experiments may be: no limit (30d before)",
    ),
    (
        "review",
        gates(evals={}),
        gates(evals={"inconclusive": "review"}),
        "prod: an approval unlocks INCONCLUSIVE",
    ),
    ("soak", gates(soak="2h"), gates(soak="90m"), "prod: soak: 90m (2h before)"),
    ("no soak", gates(soak="1h"), gates(), "prod: soak: none (1h before)"),
    ("approvals", gates(approvals={}), gates(), "prod: the gate approvals is gone"),
    (
        "count",
        gates(approvals={"count": 2}),
        gates(approvals={"count": 1}),
        "prod: approvals: 1 person must approve (2 before)",
    ),
    (
        "authors",
        gates(approvals={"not_author": True}),
        gates(approvals={}),
        "prod: who wrote or promotes it may approve too",
    ),
    ("signed", gates(signed=True), gates(), "prod: the gate signed is gone"),
    (
        "freeze",
        gates(freeze=[WINDOW, HOLIDAYS]),
        gates(freeze=[HOLIDAYS]),
        "prod: the freeze Fri 16:00 to Mon 08:00 (Europe/Berlin) is gone",
    ),
    ("loosened", gates(policy_loosened={"groups": ["a"]}), gates(), "prod: the gate policy_loosened is gone"),
    (
        "groups",
        gates(policy_loosened={"groups": ["a"]}),
        gates(policy_loosened={"groups": ["a", "b"]}),
        "prod: b may approve what loosens",
    ),
    (
        "by fewer",
        gates(policy_loosened={"groups": ["a"], "approvals": 2}),
        gates(policy_loosened={"groups": ["a"]}),
        "prod: policy_loosened: 1 person must approve (2 before)",
    ),
    ("after", after("dev"), after(None), "prod: a release need no longer serve in dev before"),
    (
        "identity",
        pipeline(people={"ada": ADA[:1]}),
        pipeline(people={"ada": ADA}),
        "github:8928778 is now ada",
    ),
    ("member", pipeline(groups={"a": ["ada"]}), pipeline(groups={"a": ["ada", "lin"]}), "lin is now in a"),
    (
        "evaluator",
        pipeline(evaluators=["a@b.c"]),
        pipeline(evaluators=["a@b.c", "d@b.c"]),
        "d@b.c now makes experiments that count",
    ),
    ("promoter", pipeline(), pipeline(promoters=["a@b.c"]), "a@b.c now signs locks that runtimes trust"),
    ("waivers", pipeline(), pipeline(waivers={"allowed": ["ada"]}), "ada now may waive gates"),
    (
        "branches",
        pipeline(),
        pipeline(release={"branches": ["fix/*"]}),
        "fix/* now has commits that may be released",
    ),
]

UNPROVEN = [
    (
        gates(evals={}),
        gates(evals={"provider": "acme"}),
        "prod: experiments are answered by acme in place of the model of the prompt",
    ),
    (after("qa"), after("dev"), "prod: a release must serve in dev before, in place of qa"),
    (
        provider(),
        provider(base_url="https://b.example"),
        "acme answers at https://b.example in place of https://a.example",
    ),
    (pipeline(promoters=["a@b.c"]), pipeline(), "no promoter is named any more"),
]

UNMARKED = [
    (pipeline(people={"ada": ADA[:1]}), pipeline(), "ada@acme.example is no longer ada"),
    (pipeline(), pipeline(people={"ada": ADA[:1]}), "ada@acme.example is now ada"),
    (pipeline(), pipeline(groups={"a": ["ada"]}), "ada is now in a"),
    (pipeline(), pipeline(environments=[{"name": "dev"}]), "dev: the environment is new"),
    (pipeline(environments=[{"name": "dev"}]), pipeline(), "dev: the environment is gone"),
    (pipeline(), provider(), "the provider acme is new"),
    (provider(), provider(rate={"requests_per_minute": 9}), "the provider acme is called otherwise"),
    (gates(soak="60m"), gates(soak="1h"), "prod: soak: 1h (60m before)"),
    (
        pipeline(evaluators=["a@b.c", "d@b.c"]),
        pipeline(evaluators=["d@b.c", "a@b.c"]),
        "things stand in another order",
    ),
]


def said(before: Pipeline, now: Pipeline) -> dict[str, bool]:
    """Return what is said, and whether it is marked."""
    found = compare_pipelines(before, now)
    assert all(each.where.startswith("promptctl.yaml: ") and each.bump is None for each in found.changes)
    assert {each.mark for each in found.loosened} <= {"LOOSENS POLICY"}
    return {each.what: each.loosens for each in found.changes}


@pytest.mark.parametrize(
    ("before", "now", "what"), [each[1:] for each in LOOSER], ids=[each[0] for each in LOOSER]
)
def test_what_asks_for_less_is_marked_and_its_contrary_is_not(
    before: Pipeline, now: Pipeline, what: str
) -> None:
    assert said(before, now) == {what: True}
    back = said(now, before)
    assert back
    assert not any(
        marked
        for words, marked in back.items()
        if "cannot be shown" not in words and "another person" not in words
    )


@pytest.mark.parametrize(("before", "now", "what"), UNPROVEN)
def test_what_cannot_be_shown_to_be_as_strict_is_marked(before: Pipeline, now: Pipeline, what: str) -> None:
    assert said(before, now).get(f"{what}: cannot be shown to be as strict") is True


@pytest.mark.parametrize(("before", "now", "what"), UNMARKED)
def test_what_is_no_looser_is_named_only(before: Pipeline, now: Pipeline, what: str) -> None:
    assert said(before, now) == {what: False}


def test_the_first_evaluator_is_stricter_and_without_any_everybody_is_one() -> None:
    none, one = pipeline(), pipeline(evaluators=["a@b.c"])
    assert said(none, one) == {"a@b.c now makes experiments that count": False}
    assert said(one, none)["experiments count that nobody signed"]


def test_an_identity_taken_from_a_person_may_pass_for_another() -> None:
    both, one = (pipeline(people={"ada": each}) for each in (ADA, ADA[:1]))
    assert said(both, one) == {"github:8928778 is no longer ada: it counts as another person": True}
    assert said(both, pipeline())["ada@acme.example is no longer ada: it counts as another person"]


def test_how_an_identity_is_written_changes_nothing_that_is_marked() -> None:
    hidden = pipeline(people={"ada": ("Ada@acme.example", "8928778+ada@users.noreply.github.com")})
    assert said(pipeline(people={"ada": ADA}), hidden) == {"things stand in another order": False}


def test_equal_pipelines_have_no_difference_and_one_digest() -> None:
    one, other = (gates(soak="1h", freeze=[WINDOW]) for _ in range(2))
    assert compare_pipelines(one, other).changes == ()
    assert digest(one) == digest(other) != digest(gates(soak="1h"))


def test_every_key_is_compared() -> None:
    """Whoever adds a key to the pipeline adds words for its change."""
    full = pipeline(
        environments=[
            {
                "name": "dev",
                "after": "x",
                "gates": {
                    "evals": {},
                    "soak": "1h",
                    "approvals": {},
                    "signed": True,
                    "freeze": [WINDOW],
                    "policy_loosened": {"groups": ["a"]},
                },
            }
        ],
        providers={"acme": {"base_url": "https://a.example"}},
        people={"ada": ADA},
        groups={"a": ["ada"]},
        evaluators=["a@b.c"],
        promoters=["a@b.c"],
        waivers={"allowed": ["ada"]},
        release={"branches": ["a"]},
    )
    tried = 0
    for changed in _each_changed(full):
        words = said(full, changed)
        assert words, changed
        assert "things stand in another order" not in words, changed
        tried += 1
    assert tried > 25


def _each_changed(value: Any) -> Any:
    """Yield the dataclass with one plain value inside of it changed, for each of them."""
    for each in fields(value):
        for changed in _changed(getattr(value, each.name)):
            yield replace(value, **{each.name: changed})


def _changed(value: Any) -> Any:
    if is_dataclass(value):
        yield from _each_changed(value)
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            yield from ((*value[:place], changed, *value[place + 1 :]) for changed in _changed(each))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from ({**value, key: changed} for changed in _changed(each))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 0.25
    else:
        yield {"refused": "review", "1h": "2h", None: "30d"}.get(value, f"{value}x")
