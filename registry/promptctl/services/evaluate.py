"""Evaluate: run a suite on a bundle, score what comes back, compare it with what serves.

An experiment is the evidence: scores by case, bound to the digest. Answers stay here, in the report.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import rfc8785

from promptctl.core.bundle import Bundle
from promptctl.core.kinds.dataset import Case, Document
from promptctl.core.options import openai_arguments
from promptctl.core.rendering import CompiledPrompt
from promptctl.core.verdict import Verdict, judge
from promptctl.errors import PromptctlError, RefusedError, StoppedError
from promptctl.model.evidence import CaseResult, Experiment
from promptctl.model.suite import Suite, case_scores
from promptctl.model.visibility import invisible
from promptctl.providers.chat import ChatRequest, ChatResponse, Provider, Source
from promptctl.scorers import Answer, Scorer, scorer, scores
from promptctl.store.journal import Journal

__all__ = ["Judged", "Progress", "Request", "Run", "Side", "Tools", "evaluate", "invisible"]


@dataclass(frozen=True, slots=True)
class Side:
    """A bundle with the name that people know it by: `work tree`, `1.2.0`, `prod`."""

    label: str
    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Request:
    """What is compared with what, by which suites. `provider` answers in place of those that prompts name."""

    candidate: Side
    baseline: Side | None
    suites: tuple[Suite, ...]
    margin: float
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in answers."""

    label: str
    suite: str
    done: int
    total: int
    errored: int


@dataclass(frozen=True, slots=True)
class Tools:
    """The world of a run. `connect` makes the provider of a name and a model id; `started` is UTC.

    Journals of runs not yet finished are below `journals`; with `resume` such a run goes on.
    """

    connect: Callable[[str], Provider]
    started: str
    journals: Path
    resume: bool = False
    on_progress: Callable[[Progress], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class CaseRun:
    """One case of a run: its answers, one per repeat, or why there are none."""

    result: CaseResult
    answers: tuple[ChatResponse, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite on one side: the evidence, and the answers behind it. Cases stand in id order."""

    label: str
    experiment: Experiment
    cases: tuple[CaseRun, ...]
    duration_s: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What one suite says. `invisible` are the settings that its cases cannot show."""

    suite: Suite
    candidate: Run
    baseline: Run | None
    verdict: Verdict
    invisible: tuple[str, ...]


def evaluate(request: Request, tools: Tools) -> tuple[Judged, ...]:
    """Run every suite on both sides and judge, in the order of the suites.

    Nothing is asked before every assertion of every case is known to make sense. Raise `StoppedError` for
    one that does not, and `Unavailable` where a provider cannot be reached at all.
    """
    for suite in request.suites:
        for case in suite.cases:
            _scorers(suite, case)
    return asyncio.run(_evaluate(request, tools))


async def _evaluate(request: Request, tools: Tools) -> tuple[Judged, ...]:
    async with AsyncExitStack() as stack:
        providers: dict[str, Provider] = {}
        judged = []
        for suite in request.suites:
            runs = []
            for side in filter(None, (request.candidate, request.baseline)):
                name, is_instead = _provider_of(request, side)
                if name not in providers:
                    providers[name] = await stack.enter_async_context(tools.connect(name))
                asked = _Asked(providers[name], is_instead=is_instead)
                runs.append(await _run(side, suite, asked, tools))
            judged.append(_judge(request, suite, runs))
    return tuple(judged)


def _judge(request: Request, suite: Suite, runs: Sequence[Run]) -> Judged:
    candidate, baseline = runs[0], runs[1] if len(runs) > 1 else None
    unseen: tuple[str, ...] = ()
    if request.baseline is not None:
        unseen = invisible(request.candidate.bundle, request.baseline.bundle, suite.cases)
    verdict = judge(
        case_scores(candidate.experiment, suite),
        None if baseline is None else case_scores(baseline.experiment, suite),
        margin=request.margin,
        min_score=suite.min_score,
        invisible=unseen,
    )
    return Judged(suite, candidate, baseline, verdict, unseen)


def _provider_of(request: Request, side: Side) -> tuple[str, bool]:
    """Return who answers for a side, and whether that is instead of whom its prompt names."""
    named = str(side.bundle.body.get("model", {}).get("provider", ""))
    if not (named or request.provider):
        raise StoppedError(
            f"{side.bundle.root} ({side.label}) names no provider",
            hint="add model.provider to the prompt, or name one with --provider",
        )
    return request.provider or named, request.provider not in {"", named}


async def _run(side: Side, suite: Suite, asked: _Asked, tools: Tools) -> Run:
    """Ask, score and sum up. Answers of an interrupted run are not asked for again."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    path = _journal_path(tools.journals, side, suite, asked.provider)
    journal = Journal(path, started=tools.started, resume=tools.resume)
    harness = _Harness(side, suite, asked, journal, tools.on_progress)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(harness.run(case)) for case in suite.cases]
    except ExceptionGroup as several:
        raise several.exceptions[0] from None  # the others only followed it
    cases = tuple(task.result() for task in tasks)
    if all(each.result.errored for each in cases):
        raise harness.failures[0]  # not one answer: that says nothing about the prompt
    journal.finish()
    experiment = _experiment(side, suite, asked.provider, journal.started, cases)
    return Run(side.label, experiment, cases, loop.time() - begun)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who answers: the provider, and whether it stands in for the one that the prompt names."""

    provider: Provider
    is_instead: bool


class _Harness:
    """The cases of one run on their way to answers and scores."""

    def __init__(
        self,
        side: Side,
        suite: Suite,
        asked: _Asked,
        journal: Journal,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.failures: list[PromptctlError] = []
        self._body = _as_asked(side.bundle.body, asked)
        self._prompt = CompiledPrompt(side.bundle)
        self._provider = asked.provider
        self._repeats = suite.repeats if _samples(self._body, asked.provider) else 1
        self._suite = suite
        self._journal = journal
        self._on_progress = on_progress
        self._progress = Progress(side.label, suite.address, 0, len(suite.cases), 0)

    async def run(self, case: Case) -> CaseRun:
        """Return what became of one case; whatever goes wrong with it is its error.

        Raise `RefusedError` for what is wrong with this machine: a full disk says nothing about a case.
        """
        try:
            request = _request(self._prompt, self._body, case)
            answers = [await self._answer(request, case, repeat) for repeat in range(self._repeats)]
        except RefusedError:
            raise
        except PromptctlError as error:
            self.failures.append(error)
            done = CaseRun(_result(case, {}), error=error.message)
        else:
            scorers = _scorers(self._suite, case)
            scored = [scores(scorers, Answer(each.text, each.latency_s * 1000)) for each in answers]
            done = CaseRun(_result(case, _by_metric(scored)), tuple(answers))
        self._advance()
        return done

    async def _answer(self, request: ChatRequest, case: Case, repeat: int) -> ChatResponse:
        known = self._journal.get(case.id, repeat)
        if known is not None:
            return ChatResponse(**{**known, "tool_calls": tuple(known["tool_calls"])})
        response = await self._provider.chat(request, repeat=repeat)
        self._journal.append(case.id, repeat, asdict(response))
        return response

    def _advance(self) -> None:
        done = self._progress.done + 1
        self._progress = replace(self._progress, done=done, errored=len(self.failures))
        self._on_progress(self._progress)


def _as_asked(body: Mapping[str, Any], asked: _Asked) -> Mapping[str, Any]:
    """Return the prompt's body with the model that is really asked."""
    return {**body, "model": asked.provider.stand_in(body.get("model", {}))} if asked.is_instead else body


def _request(prompt: CompiledPrompt, body: Mapping[str, Any], case: Case) -> ChatRequest:
    """Return the call that the runtime would make for a case.

    Variables that the prompt does not declare are left out, so that one dataset serves old and new versions.
    """
    declared = body.get("inputs", {})
    given = {name: value for name, value in case.vars.items() if name in declared}
    if case.documents and "context" in declared and "context_template" in body.get("uses", {}):
        given["context"] = prompt.context([_plain(each) for each in case.documents])
    arguments = openai_arguments(body, prompt.messages(given))
    return ChatRequest(
        model=arguments.pop("model"),
        messages=tuple(arguments.pop("messages")),
        tools=tuple(arguments.pop("tools", ())),
        response_format=arguments.pop("response_format", None),
        options=arguments,
    )


def _plain(document: Document) -> dict[str, Any]:
    return {key: value for key, value in asdict(document).items() if value is not None}


def _samples(body: Mapping[str, Any], provider: Provider) -> bool:
    """Whether the same call may be answered in two ways."""
    default = 0 if provider.is_deterministic else 1
    return bool(body.get("model", {}).get("options", {}).get("temperature", default) > 0)


def _scorers(suite: Suite, case: Case) -> list[Scorer]:
    scope = {"vars": case.vars, **({"expected": case.expected} if case.expected is not None else {})}
    try:
        made = [scorer(each, scope) for each in case.assertions]
    except ValueError as error:
        raise StoppedError(f"{suite.address}, case {case.id}: {error}", hint="fix the suite") from error
    if not any(each.metric == suite.primary and each.weight > 0 for each in made):
        raise StoppedError(
            f"{suite.address}, case {case.id}: no assertion carries the primary metric {suite.primary!r}",
            hint=f"give one of its assertions `metric: {suite.primary}`",
        )
    return made


def _result(case: Case, by_metric: Mapping[str, tuple[float, ...]]) -> CaseResult:
    return CaseResult(case.id, case.group, case.must_pass, errored=not by_metric, scores=by_metric)


def _by_metric(scored: Iterable[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    rows = list(scored)
    return {metric: tuple(row[metric] for row in rows) for metric in rows[0]}


def _experiment(
    side: Side, suite: Suite, provider: Provider, started: str, cases: Sequence[CaseRun]
) -> Experiment:
    answers = [answer for case in cases for answer in case.answers]
    sources: Counter[Source] = Counter(each.source for each in answers)
    return Experiment(
        address=side.bundle.root,
        digest=side.bundle.digest,
        suite=suite.address,
        suite_digest=suite.digest,
        dataset_sha256=suite.dataset_sha256,
        judges=suite.judges,
        provider=provider.name,
        model_named=str(side.bundle.body.get("model", {}).get("id", "")),
        model_answered=", ".join(sorted({each.model_answered for each in answers})),
        live=sources["live"],
        cached=sources["cached"],
        replayed=sources["replayed"],
        started=started,
        cases=tuple(each.result for each in cases),
    )


def _journal_path(folder: Path, side: Side, suite: Suite, provider: Provider) -> Path:
    key: Any = [side.bundle.digest, suite.digest, provider.name, dict(provider.identity)]
    return folder / f"{hashlib.sha256(rfc8785.dumps(key)).hexdigest()[:32]}.jsonl"
