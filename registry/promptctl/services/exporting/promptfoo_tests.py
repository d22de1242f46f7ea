"""The cases of suites as tests of promptfoo's, each with its assertions filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from promptctl.core.kinds.dataset import Case
from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.rendering import CompiledPrompt
from promptctl.core.template.lexer import ENDRAW, OPENER
from promptctl.errors import InputError, TemplateError
from promptctl.model.findings import Finding
from promptctl.model.suite import Suite
from promptctl.scorers.values import filled
from promptctl.services.exporting.exported import NO_CASES, NOT_SAID, Subject

_FILE = "file://"


@dataclass(frozen=True, slots=True)
class Tests:
    """The keys of the configuration that are about testing, in their order, and what they lack."""

    sections: Mapping[str, Any]
    findings: tuple[Finding, ...]


class _LeftOutError(Exception):
    """A case cannot be said; the words are the reason."""


def tests_of(subject: Subject) -> Tests:
    """Return the cases of all suites. A case that promptfoo would read as something else is left out."""
    compiled = CompiledPrompt(subject.bundle)
    tests: list[dict[str, Any]] = []
    findings = list(_unsaid(subject))
    for suite in subject.suites:
        for case in suite.cases:
            try:
                tests.append(_test(subject, compiled, suite, case))
            except _LeftOutError as reason:
                message = f"case {case.id} of {suite.address} is left out: {reason}"
                findings.append(subject.warning(NOT_SAID, message))
    repeats = max((each.repeats for each in subject.suites), default=1)
    sections = {
        "defaultTest": _defaults(subject, tests),
        "tests": tests,
        "evaluateOptions": {"repeat": repeats} if repeats > 1 else {},
    }
    return Tests(sections, tuple(findings))


def _defaults(subject: Subject, tests: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the defaults of inputs, and that a list is one value and not several tests."""
    declared = subject.body.get("inputs", {})
    given = {name: _variable(each["default"]) for name, each in declared.items() if "default" in each}
    values = [*given.values(), *(value for each in tests for value in each.get("vars", {}).values())]
    expands = any(isinstance(each, list) for each in values)
    return {
        **({"vars": given} if given else {}),
        **({"options": {"disableVarExpansion": True}} if expands else {}),
    }


def _test(subject: Subject, compiled: CompiledPrompt, suite: Suite, case: Case) -> dict[str, Any]:
    variables = {name: _variable(value) for name, value in _given(subject, compiled, case).items()}
    about: dict[str, Any] = {"suite": suite.address} if len(subject.suites) > 1 else {}
    about |= {"group": case.group} if case.group else {}
    about |= {"tags": list(case.tags)} if case.tags else {}
    about |= {"must_pass": True} if case.must_pass else {}
    return {
        "description": case.id,
        **({"metadata": about} if about else {}),
        **({"vars": variables} if variables else {}),
        "assert": [_assertion(each, case) for each in case.assertions],
    }


def _given(subject: Subject, compiled: CompiledPrompt, case: Case) -> dict[str, Any]:
    """Return the inputs of a case as the harness gives them: documents have become the context."""
    declared = subject.body.get("inputs", {})
    given = {name: value for name, value in case.vars.items() if name in declared}
    threads = [name for name in given if declared[name]["kind"] == "thread" and given[name]]
    if threads:
        raise _LeftOutError(f"it goes on from the messages of `{threads[0]}`")
    if case.documents and "context" in declared and "context_template" in subject.body.get("uses", {}):
        try:
            given["context"] = compiled.context([_plain(each) for each in case.documents])
        except (InputError, TemplateError) as error:
            raise _LeftOutError(error.message) from None
    for name, value in given.items():
        if isinstance(value, str) and value.startswith(_FILE):
            raise _LeftOutError(f"promptfoo would read the file that `{name}` begins with")
    return {name: value for name, value in given.items() if declared[name]["kind"] != "thread"}


def _plain(document: Any) -> dict[str, Any]:
    return {key: value for key, value in asdict(document).items() if value is not None}


def _variable(value: Any) -> Any:
    """Return the value of a variable; promptfoo takes one line end from a text, so it gets one more."""
    return f"{value}\n" if isinstance(value, str) and value.endswith("\n") else value


def _assertion(assertion: Assertion, case: Case) -> dict[str, Any]:
    scope = {"vars": case.vars, **({"expected": case.expected} if case.expected is not None else {})}
    try:
        value = filled(assertion.value, scope)
    except ValueError as error:
        raise _LeftOutError(f"`{assertion.type}` {error}") from None
    if isinstance(value, str) and value.startswith(_FILE):
        raise _LeftOutError(f"promptfoo would read the file that the value of `{assertion.type}` names")
    return {
        "type": assertion.type,
        **({"value": _literal(value)} if value is not None else {}),
        **({"threshold": assertion.threshold} if assertion.threshold is not None else {}),
        **({"weight": assertion.weight} if assertion.weight != 1 else {}),
        **({"metric": assertion.metric} if assertion.metric != "pass" else {}),
    }


def _literal(value: Any) -> Any:
    """Return a value in which promptfoo, which renders it, finds no template."""
    if isinstance(value, list | tuple):
        return [_literal(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _literal(each) for key, each in value.items()}
    if not isinstance(value, str) or not OPENER.search(value):
        return value
    cuts = [match.start() + 1 for match in ENDRAW.finditer(value)]
    stretches = zip([0, *cuts], [*cuts, len(value)], strict=True)
    return "".join(f"{{% raw %}}{value[start:end]}{{% endraw %}}" for start, end in stretches)


def _unsaid(subject: Subject) -> Iterator[Finding]:
    if not subject.suites:
        message = f"no suite judges {subject.bundle.root}, so there are no tests"
        hint = f"add {subject.bundle.root.replace('prompts/', 'evals/', 1)}.yaml, or tests here"
        yield subject.warning(NO_CASES, message, hint)
    for suite in subject.suites:
        if suite.min_score is not None:
            message = (
                f"{suite.address} asks for {suite.min_score:g} of the cases; promptfoo judges each by itself"
            )
            yield subject.warning(NOT_SAID, message, "look at the metric's score")
        if suite.primary != "pass":
            message = (
                f"{suite.address} decides on the metric `{suite.primary}`; promptfoo wants every assertion"
            )
            yield subject.warning(NOT_SAID, message)
