from __future__ import annotations

from promptctl.core.kinds.eval_suite import Assertion, EvalSuite
from promptctl.core.kinds.guardrail import Guardrail, OutputRule
from promptctl.core.kinds.prompt import Prompt, Uses
from promptctl.model.marks import marked


def test_marked_values_have_the_paths_of_the_file() -> None:
    prompt = Prompt(uses=Uses(rag_config="kb", guardrails=("a", "b")))
    assert [(each.path, each.value) for each in marked(prompt, "reference")] == [
        (("promptctl", "rag_config"), "kb"),
        (("promptctl", "guardrails", 0), "a"),
        (("promptctl", "guardrails", 1), "b"),
    ]


def test_marks_are_found_inside_of_lists() -> None:
    guardrail = Guardrail(output=(OutputRule(type="tone", judge="judges/tone", min_score=0.9),))
    assert [(each.path, each.value) for each in marked(guardrail, "reference")] == [
        (("output", 0, "judge"), "judges/tone")
    ]
    assert [(each.path, each.value) for each in marked(guardrail, "bounds")] == [
        (("output", 0, "min_score"), 0.9)
    ]


def test_zero_is_a_value_and_nothing_is_none() -> None:
    suite = EvalSuite(target="prompts/x", dataset="x", assertions=(Assertion(type="latency", weight=0),))
    paths = {each.path for each in marked(suite, "bounds")}
    assert ("assert", 0, "weight") in paths
    assert ("assert", 0, "threshold") not in paths
