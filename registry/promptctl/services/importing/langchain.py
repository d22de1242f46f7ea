"""LangChain's prompts as files: what `save` wrote (`_type: prompt`), and what `dumps` writes (`lc: 1`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.core.template import parse
from promptctl.errors import InputError, TemplateError
from promptctl.model.document import Place
from promptctl.services.importing.beside import read_beside
from promptctl.services.importing.drafting import Draft, message, translated
from promptctl.services.importing.imported import DIFFERS, LEFT_OUT, UNREADABLE, WOULD_RUN, Imported, Source
from promptctl.services.importing.options import options_of
from promptctl.services.importing.reports import Report
from promptctl.services.importing.structured import Structured
from promptctl.services.importing.translating import fstring, is_input_name, mustache, verbatim
from promptctl.services.importing.writing import protected

_TRANSLATE = {"f-string": fstring, "jinja2": verbatim, "mustache": mustache}
_SPEAKERS = {
    "SystemMessage": "system",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "DeveloperMessage": "developer",
}
_ESCAPED = re.compile(r"(?<!\{)\{\{\s*[^{&!#^/>=\s]")
"""A tag of Mustache that escapes what it prints; `{{{x}}}` and `{{&x}}` do not."""
_TEMPLATE = "PromptTemplate"
_SILENT = frozenset(
    {
        *("_type", "name", "lc", "type", "id", "input_variables", "optional_variables", "validate_template"),
        *("input_types", "template", "template_path", "template_format", "partial_variables", "messages"),
        *("prompt", "role", "prefix", "suffix", "examples", "example_prompt", "example_separator", "content"),
    }
)


class _NoPromptError(Exception):
    """It cannot become a prompt; why is said already."""


def read(source: Source) -> Imported:
    """Return one prompt. Texts become ours exactly, or there is a finding; nothing is loaded or called."""
    report = Report(source.path)
    document = report.read(source.data, source.path)
    if document is None:
        return Imported(findings=report.findings)
    try:
        draft = _Reader(source, report, document).draft()
    except _NoPromptError:
        return Imported(findings=report.findings)
    return Imported({f"prompts/{source.name}.md": draft.file()}, report.findings)


class _Reader:
    """One file; mappings come from it as they are written, of either form."""

    def __init__(self, source: Source, report: Report, document: Structured) -> None:
        self._source = source
        self._report = report
        self._value = document.value
        self._places = dict(_places(document.value, document))
        self._where = document.place()
        self._draft = Draft()
        self._defaults: dict[str, Any] = {}

    def draft(self) -> Draft:
        """Return the prompt that the file's value is."""
        kind, fields = self._typed(self._value)
        if kind == "RunnableSequence":
            self._model(fields.get("last"))
            kind, fields = self._typed(fields.get("first"))
        if kind in {"ChatPromptTemplate", "chat", "StructuredPrompt"}:
            self._chat(fields)
        elif kind in {_TEMPLATE, "prompt"}:
            self._add("user", self._template(fields))
        elif kind in {"FewShotPromptTemplate", "few_shot"}:
            self._add("user", self._few_shot(fields))
        else:
            raise self._refused(
                f"{kind!r} is no prompt", "PromptTemplate, ChatPromptTemplate, few_shot are read"
            )
        self._declare()
        return self._draft

    def _typed(self, value: Any) -> tuple[str, Mapping[str, Any]]:
        """Return what a mapping is, and its fields; from here on, findings stand at its place."""
        self._where = self._places.get(id(value), self._where)
        if not isinstance(value, dict):
            raise self._refused("this is no prompt of LangChain's", "it has _type: prompt, or lc: 1")
        if value.get("lc") is not None:
            path, fields = value.get("id"), value.get("kwargs")
            if value.get("type") != "constructor" or not isinstance(path, list) or not path:
                hint = "write the prompt without what LangChain could not write down"
                raise self._refused("this object was not written down by LangChain", hint)
            return str(path[-1]), fields if isinstance(fields, dict) else {}
        # `save` writes the type; before it did, every file was a prompt with a template.
        kind = value.get("_type", "prompt" if {"template", "template_path"} & value.keys() else "")
        return (str(kind), value) if kind else ("chat" if "messages" in value else "", value)

    def _chat(self, fields: Mapping[str, Any]) -> None:
        self._take(fields)
        messages = fields.get("messages")
        if not isinstance(messages, list) or not messages:
            raise self._refused("there are no messages", "a chat prompt has messages:")
        for each in messages:
            self._message(each)

    def _message(self, value: Any) -> None:
        """Add one message, of any of the ways to write one."""
        self._where = self._places.get(id(value), self._where)
        if isinstance(value, list) and len(value) == 2:  # (role, template)
            self._add_text(value[0], value[1], fstring)
            return
        kind, fields = self._typed(value) if isinstance(value, dict) and "lc" in value else ("", value)
        if not isinstance(fields, dict):
            raise self._refused("this is no message", "give its role and its template")
        self._say_unread(
            fields, {"variable_name", "optional", "additional_kwargs", "response_metadata", "example"}
        )
        speaker = kind.removesuffix(_TEMPLATE) if kind.endswith(f"Message{_TEMPLATE}") else kind
        if kind == "MessagesPlaceholder":
            self._thread(fields)
        elif kind in _SPEAKERS:
            self._add_text(_SPEAKERS[kind], fields.get("content"), protected)
        elif "prompt" in fields:
            role = fields.get("role", _SPEAKERS.get(speaker, "" if kind else "user"))
            self._add(role, self._prompts(fields["prompt"]))
        else:
            self._add_text(fields.get("role", speaker), fields.get("content"), fstring)

    def _prompts(self, value: Any) -> str:
        """Return the template of a message: one prompt, or a list of parts that are all text."""
        parts = value if isinstance(value, list) else [value]
        sources = []
        for each in parts:
            kind, fields = self._typed(each)
            if kind not in {_TEMPLATE, "prompt"}:
                raise self._refused(f"a part of a message is {kind!r}, no text", "messages here are text")
            sources.append(self._template(fields))
        return "".join(sources)

    def _template(self, fields: Mapping[str, Any]) -> str:
        self._take(fields)
        text = fields.get("template")
        if text is None and isinstance(fields.get("template_path"), str):
            found = list(read_beside(fields["template_path"], self._source, self._where, self._report))
            if not found:
                raise _NoPromptError
            text = found[0][1].decode()
        return self._translated(text, fields)

    def _few_shot(self, fields: Mapping[str, Any]) -> str:
        """Return the text that LangChain joins, examples filled in, as one template."""
        self._take(fields)
        kind, example = self._typed(fields.get("example_prompt"))
        examples = fields.get("examples")
        if isinstance(examples, str):
            documents = [
                self._report.read(data, path)
                for path, data in read_beside(examples, self._source, self._where, self._report)
            ]
            examples = documents[0].value if documents and documents[0] else None
        if kind not in {_TEMPLATE, "prompt"} or not isinstance(examples, list):
            raise self._refused("the examples are not in the file", "give examples: and example_prompt:")
        source = self._translated(example.get("template"), example)
        try:
            filled = [parse(source).compile()(each) for each in examples]
        except (TemplateError, InputError, TypeError, AttributeError) as error:
            raise self._refused(
                f"an example does not fit the example_prompt: {error}", "check examples:"
            ) from None
        separator = fields.get("example_separator", "\n\n")
        pieces = [fields.get("prefix", ""), *filled, fields.get("suffix", "")]
        if not all(isinstance(each, str) for each in [separator, *pieces]):
            raise self._refused("prefix, suffix and example_separator are texts", "check the file")
        return self._translated(separator.join(each for each in pieces if each), fields)

    def _translated(self, text: Any, fields: Mapping[str, Any]) -> str:
        form = fields.get("template_format", "f-string")
        if not isinstance(text, str) or not isinstance(form, str) or form not in _TRANSLATE:
            raise self._refused(
                "there is no template that can be read", f"template_format: {', '.join(_TRANSLATE)}"
            )
        if form == "mustache" and _ESCAPED.search(text):
            message = "Mustache escapes HTML in the values of `{{x}}`; here they stay as they are"
            hint = "escape in the application where the text becomes HTML"
            self._report.warning(self._where, DIFFERS, message, hint)
        source = translated(text, _TRANSLATE[form], self._report, self._where)
        if source is None:
            raise _NoPromptError
        return source

    def _thread(self, fields: Mapping[str, Any]) -> None:
        name = fields.get("variable_name")
        if not isinstance(name, str) or not is_input_name(name):
            raise self._refused(f"the placeholder {name!r} has no plain name", "rename the variable")
        self._draft.messages.append({"thread": name})

    def _add(self, role: Any, source: str) -> None:
        """Add a message whose text is template source of ours already."""
        self._add_text(role, source, lambda text: text)

    def _add_text(self, role: Any, text: Any, translate: Any) -> None:
        made = message(role, text, translate, self._report, self._where)
        if made is None:
            raise _NoPromptError
        self._draft.messages.append(made)

    def _take(self, fields: Mapping[str, Any]) -> None:
        """Take what holds for a whole prompt: the variables that are given already, and what is about it."""
        self._say_unread(fields, {"metadata", "tags"})
        partial = fields.get("partial_variables")
        for name, value in partial.items() if isinstance(partial, dict) else ():
            if isinstance(value, dict) and "lc" in value:
                hint = "give the value in the application"
                self._report.error(self._where, WOULD_RUN, f"the partial variable `{name}` is code", hint)
            else:
                self._defaults[name] = value
        about = {key: fields[key] for key in ("tags", "metadata") if fields.get(key)}
        metadata = (
            {**about.pop("metadata", {}), **about} if isinstance(about.get("metadata", {}), dict) else about
        )
        self._draft.front["metadata"] = {**self._draft.front.get("metadata", {}), **metadata}

    def _say_unread(self, fields: Mapping[str, Any], also: set[str]) -> None:
        for key, value in fields.items():
            if key not in _SILENT | also and value not in (None, [], {}, ""):
                self._report.warning(self._where, LEFT_OUT, f"`{key}` has no place in a registry")

    def _declare(self) -> None:
        threads = [each["thread"] for each in self._draft.messages if "thread" in each]
        clash = [name for name in self._draft.used if name in threads]
        if clash:
            raise self._refused(f"`{clash[0]}` stands for messages and for text", "rename one of the two")
        self._draft.inputs = dict(self._inputs())
        self._draft.inputs |= {name: {"kind": "thread"} for name in threads}

    def _inputs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, kind in self._draft.used.items():
            if name in self._defaults:
                default = self._defaults[name]
                yield (
                    name,
                    {"kind": "string", "default": default if isinstance(default, str) else str(default)},
                )
            else:
                yield name, {"kind": kind, "required": True}

    def _model(self, value: Any) -> None:
        """Take the model that a prompt is written down with."""
        kind, fields = self._typed(value)
        if kind == "RunnableBinding":
            kind, fields = self._typed(fields.get("bound"))
        name = fields.get("model") or fields.get("model_name")
        if not isinstance(name, str):
            self._report.warning(
                self._where, LEFT_OUT, f"{kind!r} behind the prompt has no place in a registry"
            )
            return
        provider = {"ChatOpenAI": "openai", "AzureChatOpenAI": "azure", "ChatAnthropic": "anthropic"}.get(
            kind, ""
        )
        settings = {key: each for key, each in fields.items() if key not in {"model", "model_name"}}
        options = options_of(settings, self._report, self._where)
        self._draft.front["model"] = {
            **({"provider": provider} if provider else {}),
            "id": name,
            **({"options": options} if options else {}),
        }

    def _refused(self, why: str, hint: str) -> _NoPromptError:
        self._report.error(self._where, UNREADABLE, why, hint)
        return _NoPromptError()


def _places(value: Any, document: Structured, *path: str | int) -> Iterator[tuple[int, Place]]:
    """Yield (id, place) of every mapping and list: values that are read again know where they stood."""
    if isinstance(value, dict | list):
        yield id(value), document.place(*path)
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(each, document, *path, key)
