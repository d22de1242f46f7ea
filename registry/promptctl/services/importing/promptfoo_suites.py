"""One prompt's tests as a suite and a dataset, with the inputs that they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from promptctl.core.template import parse
from promptctl.core.template.lexer import OPENER
from promptctl.errors import TemplateError
from promptctl.scorers.values import text_of
from promptctl.services.importing.declaring import kind_of
from promptctl.services.importing.drafting import Draft
from promptctl.services.importing.imported import DIFFERS, NO_SUITE, UNTRANSLATED, suite_hint
from promptctl.services.importing.naming import legal_name, unique
from promptctl.services.importing.promptfoo_assertions import Written
from promptctl.services.importing.promptfoo_tests import Defaults, Test
from promptctl.services.importing.reports import Report
from promptctl.services.importing.writing import case_id, dataset_file, suite_file

_EMPTY: Mapping[str, Any] = {"string": "", "array": [], "object": {}, "boolean": False}


def suite_of(
    name: str, draft: Draft, defaults: Defaults, tests: list[Test], repeats: int, report: Report
) -> dict[str, bytes]:
    """Return the suite and the dataset of a prompt, and declare in `draft` the inputs that its text uses."""
    used = draft.used
    given = [
        {**{key: defaults.vars[key] for key in defaults.vars if key not in used}, **each.vars}
        for each in tests
    ]
    draft.inputs = _inputs(used, given, defaults.vars, report)
    if not tests:
        return {}
    common = [made for each in defaults.assertions for made in _filled(each, draft.inputs, report)]
    wanted = frozenset(_expected(common))
    cases = []
    for number, (test, values) in enumerate(zip(tests, given, strict=True), 1):
        own = [made for each in test.assertions for made in _filled(each, draft.inputs, report)]
        if own or common:
            cases.append(_case(number, test, values, own, draft.inputs, wanted))
    left_out = len(tests) - len(cases)
    if left_out:
        message = (
            f"{left_out} of {len(tests)} tests assert nothing that could be carried over, and were left out"
        )
        here = f"add cases to datasets/{name}.jsonl, with what to `assert`"
        hint = here if cases else suite_hint(name, "a `dataset` of cases")
        report.warning(0, NO_SUITE, message, f"give them assertions there; or {hint}")
    if not cases:
        return {}
    for case, fresh in zip(cases, unique([each["id"] for each in cases]), strict=True):
        case["id"] = fresh
    primary = _primary(
        [*common, *(each for case in cases for each in case.get("assert", ()))], common, cases, report
    )
    suite = {
        "description": draft.front.get("description", ""),
        "target": f"prompts/{name}",
        "dataset": name,
        "primary": "" if primary == "pass" else primary,
        "repeats": repeats if repeats > 1 else None,
        "assert": common,
    }
    return {f"evals/{name}.yaml": suite_file(suite), f"datasets/{name}.jsonl": dataset_file(cases)}


def _inputs(
    used: Mapping[str, str], given: list[dict[str, Any]], defaults: Mapping[str, Any], report: Report
) -> dict[str, dict[str, Any]]:
    """Return the declarations: of the kind of the values, required where every test gives one.

    What is text in one test becomes text in all of `given`.
    """
    values: dict[str, list[Any]] = {name: [] for name in used}
    for each in given:
        for name in each.keys() & used.keys():
            values[name].append(each[name])
    inputs = {}
    for name, used_as in used.items():
        default = [defaults[name]] if name in defaults else []
        kind = _shared_kind([*values[name], *default], used_as)
        always = len(values[name]) == len(given)
        inputs[name] = {"kind": kind} | _given(name, kind, default, report, always=always)
    texts = {name for name, each in inputs.items() if each["kind"] == "string"}
    for each in given:
        each |= {name: text_of(each[name]) for name in each.keys() & texts}
    return inputs


def _given(name: str, kind: str, default: list[Any], report: Report, *, always: bool) -> dict[str, Any]:
    """Return whether an input is required, or what it is where a test does not give it."""
    if default:
        return {"default": text_of(default[0]) if kind == "string" else default[0]}
    if always:
        return {"required": True}
    if kind in _EMPTY:
        return {"default": _EMPTY[kind]}  # what promptfoo prints where a test does not give it
    message = f"some tests give no `{name}`, which is a number: it is required here"
    report.warning(0, DIFFERS, message, "give the input a default")
    return {"required": True}


def _shared_kind(values: list[Any], used_as: str) -> str:
    """Return the kind of all values: text where they differ; what the template shows where there are none."""
    kinds = {kind_of(each) for each in values}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"integer", "float"}:
        return "float"
    return "string" if kinds else used_as


def _case(
    number: int,
    test: Test,
    values: Mapping[str, Any],
    own: list[dict[str, Any]],
    inputs: Mapping[str, Any],
    common: AbstractSet[str],
) -> dict[str, Any]:
    """Return the case; what only assertions use, `common` or its own, is expected, not given."""
    wanted = common | set(_expected(own))
    tags = test.about.get("tags")
    case = {
        "id": (legal_name(test.id.replace("/", "-")) if test.id else "") or case_id(number),
        "vars": {key: each for key, each in values.items() if key in inputs},
        "expected": {key: each for key, each in values.items() if key in wanted and key not in inputs},
        "tags": [tags] if isinstance(tags, str) else tags if _are_texts(tags) else None,
        "group": test.about.get("group") if isinstance(test.about.get("group"), str) else None,
        "must_pass": test.about.get("must_pass") is True,
        "assert": own,
    }
    return {key: each for key, each in case.items() if each}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _expected(assertions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for text in _texts([each.get("value") for each in assertions]):
        if OPENER.search(text):
            yield from (each.path.split(".")[1] for each in parse(text).names() if each.name == "expected")


def _filled(written: Written, inputs: Mapping[str, Any], report: Report) -> Iterator[dict[str, Any]]:
    """Yield the assertion with the names in its value as a suite says them."""
    try:
        value = _renamed(written.fields.get("value"), inputs)
    except TemplateError as error:
        message = f"the value of `{written.fields['type']}` says what ours cannot: {error.message}"
        report.of(written.path).error(written.where, UNTRANSLATED, message, error.hint)
        return
    yield {key: value if key == "value" else each for key, each in written.fields.items()}


def _renamed(value: Any, inputs: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, inputs) for each in value]
    if isinstance(value, Mapping):
        return {key: _renamed(each, inputs) for key, each in value.items()}
    if not isinstance(value, str) or not OPENER.search(value):
        return value
    lines = value.split("\n")
    for each in reversed(parse(value).names()):
        if each.name == "env":
            raise TemplateError("`env` would read the environment", hint="write the value out")
        scope = "vars" if each.name in inputs else "expected"
        line, at = lines[each.line - 1], each.column - 1
        lines[each.line - 1] = f"{line[:at]}{scope}.{line[at:]}"
    return "\n".join(lines)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | Mapping):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _primary(
    assertions: Iterable[dict[str, Any]],
    common: list[dict[str, Any]],
    cases: list[dict[str, Any]],
    report: Report,
) -> str:
    """Return the metric that every case has; where there is none, all assertions count as one."""
    listed = list(assertions)
    held = {each.get("metric", "pass") for each in common}
    by_case = [{each.get("metric", "pass") for each in case.get("assert", ())} for case in cases]
    shared = held | set.intersection(*by_case)
    if "pass" in shared:
        return "pass"
    if shared:
        counts = Counter(each.get("metric", "pass") for each in listed)
        return str(max(sorted(shared), key=lambda metric: counts[metric]))
    message = "no metric is asserted in every test, and one has to decide: all assertions count together"
    report.warning(0, DIFFERS, message, "give a metric to an assertion of every case, and name it as primary")
    for each in listed:
        each.pop("metric", None)
    return "pass"
