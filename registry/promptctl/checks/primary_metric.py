"""The metric that the gate decides on is scored for every case."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import address_of
from promptctl.core.suggest import did_you_mean
from promptctl.model.registry import Artifact, Registry


def _find(suite: Artifact, registry: Registry) -> Iterator[Problem]:
    primary = suite.value.primary
    metrics = {each.metric for each in suite.value.assertions if each.weight > 0}
    dataset = registry.artifacts.get(address_of("dataset", suite.value.dataset))
    if primary in metrics or dataset is None:
        return
    without = [
        case.id for case in dataset.value.cases if primary not in {each.metric for each in case.assertions}
    ]
    if without or not dataset.value.cases:
        where = f", for one in case {without[0]}" if without else ""
        message = f"no assertion scores the primary metric `{primary}`{where}"
        example = f"add `assert: [{{type: contains, value: …, metric: {primary}}}]`"
        yield at(suite, ("primary",), message, did_you_mean(primary, sorted(metrics), "metrics") or example)


RULE = Rule("PC111", "the primary metric is scored for every case", kinds=("eval_suite",), find=_find)
