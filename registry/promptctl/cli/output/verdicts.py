"""How verdicts are shown: a block for people, the numbers as JSON, the report with the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import note, safe, say
from promptctl.core.names import short_name

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.evaluate import CaseRun, Judged, Request, Run

_COLOURS = {"PASS": "green", "INCONCLUSIVE": "yellow", "FAIL": "red"}


def show_judged(context: Context, request: Request, judged: Judged) -> None:
    """Print what one suite says of one name."""
    candidate, baseline = judged.candidate, judged.baseline
    runs = [candidate, baseline] if baseline else [candidate]
    name = short_name(request.candidate.bundle.root)
    against = f" against {baseline.label}" if baseline else ""
    say(context, safe(f"{name} ({candidate.label}){against}, by {judged.suite.address}"), bold=True)
    verdict = judged.verdict
    head, *below = verdict.lines(metric=judged.suite.primary, against=baseline.label if baseline else "")
    indent = " " * (len(verdict.result) + 2)
    say_wrapped(context, head, hang=indent, fg=_COLOURS[verdict.result])
    lines = [*below]
    lines += [f"Fixed: {' '.join(verdict.fixed)}"] if verdict.fixed else []
    lines += [_answered(each) for each in runs]
    lines += [
        f"{case.result.id} ({run.label}): {case.error}" for run in runs for case in run.cases if case.error
    ]
    for line in lines:
        say_wrapped(context, line, indent=indent)
    took = ", ".join(f"{each.label} {each.duration_s:.1f} s" for each in runs)
    note(context, safe(f"{indent}took {took}"))


def _answered(run: Run) -> str:
    """Say who answered, and how."""
    made = run.experiment
    counts = {"live": made.live, "cached": made.cached, "REPLAYED": made.replayed}
    how = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{run.label}: {made.provider} {made.model_answered} answered, {how}"


def evaluation_json(request: Request, judged: Sequence[Judged]) -> dict[str, Any]:
    """Return what all suites say of one name: the worst result is that of the whole."""
    return {
        "address": request.candidate.bundle.root,
        "digest": request.candidate.bundle.digest,
        "result": max((each.verdict.result for each in judged), key=tuple(_COLOURS).index),
        "suites": [judged_json(each) for each in judged],
    }


def judged_json(judged: Judged) -> dict[str, Any]:
    """Return what one suite says, without answers. Scores and bounds are shares."""
    verdict = judged.verdict
    return {
        "suite": judged.suite.address,
        "suite_digest": judged.suite.digest,
        "metric": judged.suite.primary,
        "result": verdict.result,
        "reason": verdict.reason,
        "cases": verdict.cases,
        "difference": verdict.difference,
        "lower": verdict.lower,
        "upper": verdict.upper,
        "margin": verdict.margin,
        "fixed": list(verdict.fixed),
        "broke": list(verdict.broke),
        "errored": list(verdict.errored),
        "shown_drop": verdict.shown_drop,
        "cases_enough": verdict.cases_enough,
        "invisible": list(judged.invisible),
        "candidate": _run_json(judged.candidate, verdict.candidate_mean),
        "baseline": _run_json(judged.baseline, verdict.baseline_mean) if judged.baseline else None,
    }


def _run_json(run: Run, mean: float | None) -> dict[str, Any]:
    made = run.experiment
    return {
        "label": run.label,
        "digest": made.digest,
        "mean": mean,
        "provider": made.provider,
        "model_named": made.model_named,
        "model_answered": made.model_answered,
        "live": made.live,
        "cached": made.cached,
        "replayed": made.replayed,
    }


def report_json(evaluations: Sequence[tuple[Request, Sequence[Judged]]]) -> dict[str, Any]:
    """Return `report.json`: the verdicts, and both sides' answers to every case."""
    found = []
    for request, judged in evaluations:
        whole = evaluation_json(request, judged)
        suites = [
            {**plain, "answers": _answers(each)} for plain, each in zip(whole["suites"], judged, strict=True)
        ]
        found.append({**whole, "suites": suites})
    return {"schema": "promptctl.report/v1", "evaluations": found}


def _answers(judged: Judged) -> list[dict[str, Any]]:
    baseline = judged.baseline.cases if judged.baseline else (None,) * len(judged.candidate.cases)
    pairs = zip(judged.suite.cases, judged.candidate.cases, baseline, strict=True)
    return [
        {
            "id": case.id,
            "tags": list(case.tags),
            "candidate": _case_json(after),
            "baseline": _case_json(before) if before else None,
        }
        for case, after, before in pairs
    ]


def _case_json(case: CaseRun) -> dict[str, Any]:
    return {
        "error": case.error,
        "scores": {metric: list(scores) for metric, scores in case.result.scores.items()},
        "outputs": [
            {
                "text": each.text,
                "tool_calls": list(each.tool_calls),
                "source": each.source,
                "latency_s": each.latency_s,
                "input_tokens": each.input_tokens,
                "output_tokens": each.output_tokens,
            }
            for each in case.answers
        ],
    }
