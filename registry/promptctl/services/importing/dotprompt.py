"""dotprompt (`.prompt`): front matter with Picoschema, and Handlebars that is really translated.

Specification: https://google.github.io/dotprompt. `_name.prompt` is a partial. A file without roles is one
user message; line ends round a message's text are layout, not text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from promptctl.core.kinds.prompt import ModelOptions
from promptctl.core.limits import PARTIAL_DEPTH
from promptctl.errors import TemplateError
from promptctl.model.findings import Finding
from promptctl.services.importing.bodies import Tag, Thread, Turn, body, input_name, template
from promptctl.services.importing.declaring import names_of, undeclared, untranslated
from promptctl.services.importing.foreign import Fields, resolved_elsewhere
from promptctl.services.importing.handlebars import History, Part, Role, translate
from promptctl.services.importing.imported import DIFFERS, LEFT_OUT, RENAMED, UNREADABLE, Imported, Source
from promptctl.services.importing.naming import legal_name
from promptctl.services.importing.picoschema import schema_of
from promptctl.services.importing.schemas import declarations
from promptctl.services.importing.writing import prompt_file
from promptctl.store import yaml_reader

_PREFACE = re.compile(r"(?:(?:#[^\n]*|[ \t]*)\n)*+(?=---[ \t]*\n)")
_FENCE = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)


def read(source: Source) -> Imported:
    """Return a prompt with the partials that it names and that lie beside it, or a partial."""
    front, text, line = _parts(source.text)
    document, problems = yaml_reader.read(front[0].encode(), source.path, first_line=front[1])
    if document is None:
        return Imported(findings=problems)
    fields = Fields(source, document)
    if not fields.is_mapping:
        return Imported(findings=tuple(fields.findings))
    translation = _Translation(source, fields.findings)
    try:
        if source.path.rpartition("/")[2].startswith("_"):
            translation.partial(source, source.name)
            return Imported(translation.files, tuple(fields.findings))
        return _prompt(fields, translation, text, line)
    except TemplateError as error:
        return Imported(findings=(*fields.findings, untranslated(source, error)))


class _Translation:
    """What one file becomes: the partials that it names come with it."""

    def __init__(self, source: Source, findings: list[Finding]) -> None:
        self.files: dict[str, bytes] = {}
        self.partials: dict[str, str] = {}
        self._open: set[str] = set()
        self._source = source
        self._findings = findings

    def parts(self, source: Source, text: str, inputs: Mapping[str, Any], line: int) -> list[Part]:
        """Return the texts and tags of a template; raise `TemplateError`."""

        def say(at: int, message: str) -> None:
            if message not in {each.message for each in self._findings}:
                self._findings.append(source.warning(at, DIFFERS, message, ""))

        return translate(text, inputs, first_line=line, partial=self._beside, say=say)

    def partial(self, source: Source, name: str) -> None:
        """Make a file of a partial; raise `TemplateError`."""
        self._open.add(name)
        parts = self.parts(source, source.text, {}, 1)
        self._open.remove(name)
        if any(isinstance(each, Role | History) for each in parts):
            message = "a partial cannot begin messages"
            raise TemplateError(message, line=1, column=1, hint="move its roles into the prompt")
        # The line end behind a partial is not part of it.
        text = template([each for each in parts if isinstance(each, str | Tag)])
        self.partials[name] = text
        self.files[f"partials/{name}.md"] = f"{text}\n".encode()

    def _beside(self, name: str) -> str | None:
        """Return what a partial beside the source is called here, once it is among the files."""
        folder, _, last = name.rpartition("/")
        path = f"{folder}/_{last}.prompt" if folder else f"_{last}.prompt"
        data = self._source.beside(path)
        parent, ours = self._source.name.rpartition("/")[0], legal_name(name)
        if data is None or not ours:
            return None
        ours = f"{parent}/{ours}" if parent else ours
        if ours in self._open or len(self._open) > PARTIAL_DEPTH:
            why = "the partial includes itself" if ours in self._open else "partials are nested too deep"
            raise TemplateError(why, line=1, column=1, hint="break the circle, or write the text out")
        if ours not in self.partials:
            where = self._source.path.rpartition("/")[0]
            self.partial(replace(self._source, path=f"{where}/{path}".lstrip("/"), data=data), ours)
        return ours


def _parts(text: str) -> tuple[tuple[str, int], str, int]:
    """Return (front matter, its line), the template without white space at its ends, and its line."""
    preface = _PREFACE.match(text)
    if preface is None:
        return ("", 1), text, 1
    begin = text.index("\n", preface.end()) + 1
    end = _FENCE.search(text, begin)
    if end is None:
        return ("", 1), text, 1
    rest = text[end.end() :]
    line = text.count("\n", 0, end.end()) + 1 + rest[: len(rest) - len(rest.lstrip())].count("\n")
    return (text[begin : end.start()], text.count("\n", 0, begin) + 1), rest.strip(), line


def _prompt(fields: Fields, translation: _Translation, text: str, line: int) -> Imported:
    source = fields.source
    inputs = _inputs(fields)
    parts = translation.parts(source, text, inputs, line)
    thread = next(each for each in ("history", "messages", "thread_") if each not in inputs)
    if any(isinstance(each, History) for each in parts):
        inputs[thread] = {"kind": "thread"}
    turns = _turns(parts, thread)
    if not turns:
        fields.findings.append(
            source.error(line, UNREADABLE, "there is no message", "write one below the ---")
        )
        return Imported(findings=tuple(fields.findings))
    written = body(turns)
    names = names_of(written, inputs, first_line=line, partials=translation.partials)
    for name, declared in undeclared(written, names, inputs).items():
        message = f"`{name}` is used and not declared: it is a required {declared['kind']} here"
        fields.findings.append(source.warning(line, DIFFERS, message, "say in input.schema what it is"))
        inputs[name] = declared
    front = {
        "name": fields.get("name", str),
        "description": fields.get("description", str),
        "metadata": _metadata(fields),
        "model": _model(fields),
        "inputs": inputs,
        "outputs": _outputs(fields),
    }
    fields.left_out("tools", "declare functions under `tools`, with their parameters")
    fields.left_out("toolDefs", "declare functions under `tools`, with their parameters")
    fields.rest()
    files = translation.files | {f"prompts/{source.name}.md": prompt_file(front, written)}
    return Imported(files, tuple(fields.findings))


def _turns(parts: Sequence[Part], thread: str) -> list[Turn | Thread]:
    """Return the messages: text behind the history is the model's, until a role says otherwise."""
    turns: list[Turn | Thread] = []
    role, held = "user", list[str | Tag]()
    for each in (*parts, Role("")):
        if isinstance(each, str | Tag):
            held.append(each)
            continue
        if any(isinstance(part, Tag) or part.strip() for part in held):
            turns.append(Turn(role, held))
        held = []
        if isinstance(each, Role):
            role = each.role
        else:
            turns.append(Thread(thread))
            role = "assistant"
    return turns


def _inputs(fields: Fields) -> dict[str, dict[str, Any]]:
    """Return the declared inputs, with their defaults; what may be missing and prints nothing has one."""
    given = fields.below("input")
    if given is None:
        return {}
    declared = _declared(given)
    defaults = given.get("default", dict) or {}
    if resolved_elsewhere(defaults):
        given.would_read("default")
        defaults = {}
    given.rest()
    inputs = {}
    for name, each in declared.items():
        ours = input_name(name)
        if ours != name:
            message = f"the input {name!r} is called `{ours}` here"
            given.warning("schema", RENAMED, message, "give it by this name in the application")
        inputs[ours] = _with_default(each, defaults.get(name))
    return inputs


def _with_default(declared: dict[str, Any], default: Any) -> dict[str, Any]:
    optional = not declared.get("required") and "enumValues" not in declared
    if default is None and optional and declared["kind"] in ("string", "array"):
        default = "" if declared["kind"] == "string" else []
    if default is None:
        return declared
    return {key: value for key, value in declared.items() if key != "required"} | {"default": default}


def _declared(fields: Fields) -> dict[str, dict[str, Any]]:
    """Return the properties of the `schema` below."""
    value = fields.value.get("schema")
    fields.get("schema", type(value))
    if value is None:
        return {}

    def say(path: str, why: str) -> None:
        fields.warning("schema", LEFT_OUT, f"`{path}` of the schema was left out: {why}", "")

    schema = schema_of(value, say)
    if schema.get("type") != "object":
        say("schema", "inputs and outputs are objects with named fields here")
        return {}
    return declarations(schema, say)


def _outputs(fields: Fields) -> dict[str, dict[str, Any]]:
    output = fields.below("output")
    if output is None:
        return {}
    declared = _declared(output)
    kind = output.get("format", str)
    if kind not in (None, "text") and not (kind == "json" and declared):
        output.left_out("format", "declare the fields of the answer as outputs")
    output.rest()
    return declared


def _model(fields: Fields) -> dict[str, Any]:
    named = fields.get("model", str)
    config = fields.below("config")
    options = {}
    if config is not None:
        options = {key: config.get(key, float, list) for key in ModelOptions.__dataclass_fields__}
        options = {key: value for key, value in options.items() if value is not None}
        config.rest("promptctl has no option of this name")
    if named is None:
        if options:
            fields.warning("config", LEFT_OUT, "options without a model were left out", "add a model")
        return {}
    provider, slash, name = named.partition("/")
    model: dict[str, Any] = {"provider": provider, "id": name} if slash else {"id": named}
    return model | ({"options": options} if options else {})


def _metadata(fields: Fields) -> Mapping[str, Any]:
    found = dict(fields.get("metadata", dict) or {})
    for key in ("version", "variant"):
        if (value := fields.get(key, str, float)) is not None:
            found[key] = value
    return {} if resolved_elsewhere(found) else found
