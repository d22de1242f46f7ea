"""GitHub Models: `.prompt.yml`, with its test data and evaluators (https://github.com/github/gh-models).

As `gh models eval` reads it: `{{name}}` is replaced by the text of the test data; `contains`, `startsWith`
and `endsWith` know no case, and answers are judged without white space at their ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptctl.core.canonical import dumps
from promptctl.model.document import shown
from promptctl.services.importing.bodies import Tag, Turn, body, input_name, template
from promptctl.services.importing.foreign import Fields
from promptctl.services.importing.imported import (
    DIFFERS,
    LEFT_OUT,
    NO_SUITE,
    NOT_ASSERTED,
    RENAMED,
    UNREADABLE,
    Imported,
    Source,
    suite_hint,
)
from promptctl.services.importing.schemas import declarations
from promptctl.services.importing.writing import case_id, dataset_file, prompt_file, suite_file
from promptctl.store import yaml_reader

_ROLES = ("system", "user", "assistant")
_PLACEHOLDER = re.compile(r"\{\{(?P<pad>[ \t]*)(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?P<end>[ \t]*)\}\}")
_OPTIONS = {
    "temperature": "temperature",
    "topP": "topP",
    "maxTokens": "maxOutputTokens",
    "maxCompletionTokens": "maxOutputTokens",
    "seed": "seed",
    "stop": "stopSequences",
    "frequencyPenalty": "frequencyPenalty",
    "presencePenalty": "presencePenalty",
}
_CRITERIA = ("equals", "contains", "startsWith", "endsWith")
"""Only the first of these that an evaluator has is looked at."""
_PATTERNS = {"equals": r"^\s*{}\s*$", "startsWith": r"(?i)^\s*{}", "endsWith": r"(?i){}\s*$"}
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/]")
_PATTERN_LENGTH = 1_000
_BY_HAND = "assert what an answer must hold: contains, regex, is-json … in evals/{}.yaml"


def read(source: Source) -> Imported:
    """Return a prompt; with test data a dataset, and with evaluators that compare texts a suite."""
    document, problems = yaml_reader.read(source.data, source.path)
    if document is None:
        return Imported(findings=problems)
    fields = Fields(source, document)
    turns = list(_turns(fields))
    if not turns or any(each.code == UNREADABLE for each in fields.findings):
        if not fields.findings:
            hint = "is it another format? promptctl import --help"
            fields.error("messages", UNREADABLE, "there are no messages", hint)
        return Imported(findings=tuple(fields.findings))
    cases = [each.value for each in fields.each("testData")]
    inputs = _inputs(turns, cases)
    front = {
        "description": fields.get("description", str) or fields.get("name", str),
        "metadata": _title(fields),
        "model": _model(fields),
        "inputs": inputs,
        "outputs": _outputs(fields),
    }
    name = source.name
    files = {f"prompts/{name}.md": prompt_file(front, body(turns))}
    files |= _judged(fields, cases, inputs)
    fields.rest()
    return Imported(files, tuple(fields.findings))


def _title(fields: Fields) -> dict[str, Any]:
    """The description is what people read first; a title beside it is kept too."""
    title = fields.get("name", str)
    return {"title": title} if title and fields.has("description") else {}


def _turns(fields: Fields) -> Iterator[Turn]:
    """Yield the messages, with the placeholders of each as tags."""
    for message in fields.each("messages"):
        role = (message.get("role", str) or "").lower()
        content = message.get("content", str)
        if role not in _ROLES or content is None:
            text = f"a message has a role ({', '.join(_ROLES)}) and a text"
            message.error("role", UNREADABLE, text, "give it both")
            continue
        if content.strip("\n") != content:
            text = "line ends before and behind a message's text were left out"
            message.warning("content", DIFFERS, text, "")
        message.rest()
        yield Turn(role, list(_parts(message, content)))


def _parts(message: Fields, content: str) -> Iterator[str | Tag]:
    at = 0
    for match in _PLACEHOLDER.finditer(content):
        yield content[at : match.start()]
        yield Tag(f"{{{{{match['pad']}{_own(message, match)}{match['end']}}}}}")
        at = match.end()
    yield content[at:]


def _own(message: Fields, match: re.Match[str]) -> str:
    name = input_name(match["name"])
    if name != match["name"]:
        text = f"the input {shown(match['name'])!r} is called `{name}` here"
        message.warning("content", RENAMED, text, "give it by this name in the application")
    if match["pad"] or match["end"]:
        text = "a placeholder with blanks in it, which gh models leaves as text, is an input here"
        message.warning("content", DIFFERS, text, "put it between raw tags if text was meant")
    return name


def _inputs(turns: Sequence[Turn], cases: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what the messages name, in that order, of the kind that the test data have."""
    tags = [each.source for turn in turns for each in turn.parts if isinstance(each, Tag)]
    names = dict.fromkeys(each.strip("{} ") for each in tags)
    values = {name: [_value(case, name) for case in cases] for name in names}
    return {name: {"kind": _kind(values[name]), "required": True} for name in names}


def _value(case: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in case.items() if input_name(key) == name), None)


def _kind(values: Sequence[Any]) -> str:
    kinds = {type(each) for each in values if each is not None}
    if kinds == {int}:
        return "integer"
    if kinds and kinds <= {int, float}:
        return "float"
    return "boolean" if kinds == {bool} else "string"


def _model(fields: Fields) -> dict[str, Any]:
    named = fields.get("model", str)
    options: dict[str, Any] = {}
    if parameters := fields.below("modelParameters"):
        for theirs, ours in _OPTIONS.items():
            value = parameters.get(theirs, list if ours == "stopSequences" else float)
            if value is not None:
                options[ours] = value
        parameters.rest("promptctl has no option of this name")
    if named is None:
        if options:
            fields.warning(
                "modelParameters", LEFT_OUT, "options without a model were left out", "add a model"
            )
        return {}
    model: dict[str, Any] = {"provider": "github", "id": named}
    return model | ({"options": options} if options else {})


def _outputs(fields: Fields) -> dict[str, Any]:
    wanted = fields.get("responseFormat", str)
    text = fields.get("jsonSchema", str)
    if wanted not in (None, "text", "json_schema"):
        fields.left_out("responseFormat", "declare the fields of the answer as outputs")
    if text is None or wanted != "json_schema":
        fields.left_out("jsonSchema", "it counts with responseFormat: json_schema alone")
        return {}
    document, _ = yaml_reader.read(text.encode(), fields.source.path)
    value = document.value if document else None
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(schema, dict):
        fields.left_out("jsonSchema", 'it looks like {"name": …, "schema": {…}}', "it is no JSON Schema")
        return {}

    def say(path: str, why: str) -> None:
        fields.warning("jsonSchema", LEFT_OUT, f"`{path}` of the schema was left out: {why}", "")

    declared = declarations(schema, say)
    optional = [name for name, each in declared.items() if not each.get("required")]
    if optional:
        message = f"optional in the schema, and asked for in every answer here: {', '.join(optional)}"
        fields.warning("jsonSchema", DIFFERS, message, "")
    return declared


def _judged(
    fields: Fields, cases: Sequence[Mapping[str, Any]], inputs: Mapping[str, Mapping[str, Any]]
) -> dict[str, bytes]:
    """Return the dataset, and the suite where some evaluator has an assertion of ours."""
    name = fields.source.name
    evaluators = list(fields.each("evaluators"))
    if not cases:
        for each in evaluators:
            each.warning("name", NOT_ASSERTED, "an evaluator without testData has no case to judge", "")
        return {}
    plain = [_case(number, case, inputs) for number, case in enumerate(cases, start=1)]
    assertions, names = [], []
    for evaluator in evaluators:
        shared, own = _assertions(evaluator, cases, plain)
        if shared or own:
            names.append(evaluator.get("name", str) or "unnamed")
        assertions += shared
        for case, added in zip(plain, own, strict=False):
            case.setdefault("assert", []).append(added)
    files = {f"datasets/{name}.jsonl": dataset_file(plain)}
    if not names:
        count = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
        message = f"{count}, and no evaluator that can judge them here: there is no suite"
        fields.warning("testData", NO_SUITE, message, suite_hint(name, f"`dataset: {name}`"))
        return files
    suite = {
        "description": f"The evaluators of {name}: {', '.join(names)}.",
        "target": f"prompts/{name}",
        "dataset": name,
        "min_score": 1.0,
        "assert": assertions,
    }
    return files | {f"evals/{name}.yaml": suite_file(suite)}


def _case(number: int, case: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a case: what the prompt takes are its vars, anything else is expected."""
    given = {
        name: _as_kind(each["kind"], _value(case, name))
        for name, each in inputs.items()
        if _value(case, name) is not None
    }
    others = {key: value for key, value in case.items() if input_name(key) not in inputs}
    expected = others["expected"] if list(others) == ["expected"] else others
    return {"id": case_id(number), "vars": given} | ({"expected": expected} if expected else {})


def _as_kind(kind: str, value: Any) -> Any:
    return dumps(value) if kind == "string" and not isinstance(value, str) else value


def _assertions(
    evaluator: Fields, cases: Sequence[Mapping[str, Any]], plain: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the assertion that holds for every case, or one for each case."""
    called = evaluator.get("name", str) or "unnamed"
    criteria = evaluator.below("string")
    if criteria is None:
        _not_asserted(evaluator, called)
        return [], []
    chosen = next((each for each in _CRITERIA if criteria.get(each, str)), None)
    if chosen is None:
        _not_asserted(evaluator, called)
        return [], []
    for each in _CRITERIA[_CRITERIA.index(chosen) + 1 :]:
        criteria.left_out(each, "make two evaluators of it", f"only `{chosen}` was ever looked at")
    criteria.rest()
    evaluator.rest()
    value = criteria.get(chosen, str) or ""
    named = [match["name"] for match in _PLACEHOLDER.finditer(value)]
    if missing := [each for each in named if any(case.get(each) is None for case in cases)]:
        message = f"the evaluator {shown(called)!r} asks for {missing[0]!r}, which some cases do not have"
        criteria.warning(chosen, NOT_ASSERTED, message, "give it in every case of testData")
        return [], []
    if chosen == "contains" and (path := _path(value, plain)):
        return [{"type": "icontains", "value": f"{{{{ {path} }}}}"}], []
    made = [_assertion(chosen, _filled(value, case)) for case in (cases if named else cases[:1])]
    found = [each for each in made if each is not None]
    if len(found) < len(made):
        text = f"the evaluator {shown(called)!r} has a text too long for a pattern: it was left out"
        criteria.warning(chosen, NOT_ASSERTED, text, _BY_HAND.format(evaluator.source.name))
        return [], []
    return ([], found) if named else (found, [])


def _path(value: str, cases: Sequence[Mapping[str, Any]]) -> str:
    """Return where every case has the text that exactly one placeholder stands for; empty where none has."""
    match = _PLACEHOLDER.fullmatch(value)
    if match is None:
        return ""
    name = match["name"]
    for path in ((f"vars.{input_name(name)}"), "expected", f"expected.{name}"):
        if all(isinstance(found := _at(case, path), str) and found for case in cases) and (
            path != "expected" or name == "expected"
        ):
            return path
    return ""


def _at(case: Mapping[str, Any], path: str) -> Any:
    value: Any = case
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _filled(value: str, case: Mapping[str, Any]) -> str:
    def text(match: re.Match[str]) -> str:
        found = case[match["name"]]
        return found if isinstance(found, str) else dumps(found)

    return _PLACEHOLDER.sub(text, value)


def _assertion(criterion: str, text: str) -> dict[str, Any] | None:
    """Return the assertion that holds for the same answers; None where a pattern would be too long."""
    if criterion == "contains":
        return {"type": "icontains", "value": template([text])}
    literal = _SPECIAL.sub(r"\\\g<0>", text).replace("{%", r"{\x25").replace("{#", r"{\x23")
    pattern = _PATTERNS[criterion].format(literal)
    return {"type": "regex", "value": pattern} if len(pattern) <= _PATTERN_LENGTH else None


def _not_asserted(evaluator: Fields, called: str) -> None:
    what = evaluator.get("uses", str) or (
        "a model's judgement" if evaluator.has("llm") else "nothing we know"
    )
    message = f"the evaluator {shown(called)!r} ({shown(what)}) has no assertion here: it was left out"
    evaluator.warning("name", NOT_ASSERTED, message, _BY_HAND.format(evaluator.source.name))
