"""Semantic Kernel's prompt functions: one YAML file, or a folder with skprompt.txt and config.json.

https://learn.microsoft.com/semantic-kernel/concepts/prompts/yaml-schema
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import unescape

from promptctl.errors import TemplateError
from promptctl.services.importing import handlebars
from promptctl.services.importing.bodies import Tag, template
from promptctl.services.importing.drafting import Draft, message
from promptctl.services.importing.imported import (
    DIFFERS,
    LEFT_OUT,
    UNREADABLE,
    UNTRANSLATED,
    Imported,
    Source,
)
from promptctl.services.importing.options import options_of
from promptctl.services.importing.reports import Report, Where
from promptctl.services.importing.structured import Structured
from promptctl.services.importing.translating import (
    UntranslatedError,
    is_input_name,
    semantic_kernel,
    verbatim,
)

_OPEN = r"<message\s+role\s*=\s*(?P<quote>[\"'])(?P<role>[A-Za-z]+)(?P=quote)\s*>"
_TAGGED = re.compile(_OPEN + r"(?P<text>.*?)</message>", re.DOTALL)
_HELPER = re.compile(
    r"\{\{#message\s+role\s*=\s*(?P<quote>[\"'])(?P<role>[A-Za-z]+)(?P=quote)\s*\}\}(?P<text>.*?)\{\{/message\}\}",
    re.DOTALL,
)
_LIQUID = re.compile(r"^(?P<role>system|user|assistant|developer|tool):[ \t]*$", re.MULTILINE)
_TURN = re.compile(r"\{\{\s*\w+\.role\s*\}\}:")
_ALONE = re.compile(r"\s*\{\{\{?\s*\$?(?P<name>[A-Za-z_]\w*)\s*\}?\}\}\s*")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
_READ = frozenset(
    {
        *("name", "description", "template", "template_format", "input_variables", "execution_settings"),
        *("output_variable", "schema", "type", "input", "completion"),
    }
)
_NO_OPTIONS = frozenset({"model_id", "ai_model_id", "service_id", "extension_data"})
_SERVICE_TYPES = {"openai": "openai", "azure_openai": "azure"}

Turn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    """What the function says, and where findings about it stand."""

    text: str
    report: Report
    place: Where


def read(source: Source) -> Imported:
    """Return one prompt. Functions that the template would call are errors, never calls."""
    report = Report(source.path)
    config, said = _config(source, report)
    text = source.text if _is_folder(source) else config.value.get("template") if config else None
    if config is None or not isinstance(text, str):
        if config is not None:
            hint = "it has the keys name, template and input_variables"
            report.error(1, UNREADABLE, "this is no prompt function of Semantic Kernel's", hint)
        return Imported(findings=report.findings)
    template = (
        _Template(text, report, 1) if _is_folder(source) else _Template(text, said, config.place("template"))
    )
    draft = _draft(template, config, said)
    if draft is None:
        return Imported(findings=report.findings)
    description = config.value.get("description")
    draft.front = {
        "description": description if isinstance(description, str) else "",
        "model": _model(config, said),
    }
    _say_unread(config, said)
    return Imported({f"prompts/{source.name}.md": draft.file()}, report.findings)


def _is_folder(source: Source) -> bool:
    return posixpath.basename(source.path).lower().endswith("skprompt.txt")


def _config(source: Source, report: Report) -> tuple[Structured | None, Report]:
    """Return what is said about the function, in the file itself or in config.json next to the template, and
    the report of that file.
    """
    data, path = source.data, source.path
    if _is_folder(source):
        path = posixpath.join(posixpath.dirname(source.path), "config.json")
        data = source.beside("config.json") or b"{}"
    config = report.read(data, path)
    if config is not None and not isinstance(config.value, dict):
        hint = "name, template, input_variables"
        report.of(path).error(1, UNREADABLE, "keys and values are expected here", hint)
        return None, report
    return config, report.of(path)


def _draft(template: _Template, config: Structured, said: Report) -> Draft | None:
    declared = dict(_declared(config, said))
    form = config.value.get("template_format", "semantic-kernel")
    report, place = template.report, template.place
    draft = Draft()
    try:
        turns = _turns(template.text, form)
        translate = _translation(form, declared, report)
    except UntranslatedError as error:
        report.error(place, UNTRANSLATED, error.message, error.hint)
        return None
    for role, content in turns:
        if not role:
            draft.messages.append({"thread": content})
            message_ = f"`{content}` stands between the messages: it became a thread"
            report.warning(place, DIFFERS, message_, "give it as a list of messages, not as text")
            continue
        made = message(role, content, translate, report, place)
        if made is None:
            return None
        draft.messages.append(made)
    threads = [each["thread"] for each in draft.messages if "thread" in each]
    used = draft.used
    if any(name in used for name in threads):
        report.error(
            place, UNTRANSLATED, "one variable stands for messages and for text", "rename one of the two"
        )
        return None
    for name in declared:
        if name not in used and name not in threads:
            said.warning(
                config.place("input_variables"),
                LEFT_OUT,
                f"the variable `{name}` is used nowhere, and was left out",
            )
    draft.inputs = {
        name: declared.get(name) or {"kind": kind, "required": True} for name, kind in used.items()
    }
    draft.inputs |= {name: {"kind": "thread"} for name in threads}
    return draft


def _turns(text: str, form: Any) -> list[Turn]:
    """Return (role, template) of every message, and ("", name) for a variable that stands between them."""
    if form == "liquid":
        return _liquid_turns(text)
    pattern = _HELPER if form == "handlebars" and _HELPER.search(text, 0, _end(text)) else _TAGGED
    found: list[Turn] = []
    done = 0
    for each in pattern.finditer(text, 0, _end(text)):
        found += _between(text[done : each.start()])
        content = each["text"].strip()
        found.append((each["role"].lower(), _decoded(content) if pattern is _TAGGED else content))
        done = each.end()
    if not found:
        return [("user", text)]
    return [*found, *_between(text[done:])]


def _end(text: str) -> int:
    """Return where the last message ends, so that openers without an end cost nothing."""
    return max(text.rfind("</message>") + len("</message>"), text.rfind("{{/message}}") + len("{{/message}}"))


def _between(text: str) -> Iterator[Turn]:
    if not text.strip():
        return
    alone = _ALONE.fullmatch(text)
    if alone is None or not is_input_name(alone["name"]):
        hint = 'put every text into <message role="system">…</message>, and functions into the application'
        raise UntranslatedError("text between the messages belongs to none of them", 1, hint)
    yield "", alone["name"]


def _decoded(text: str) -> str:
    """Return the text of an XML element that holds nothing but text."""
    if re.search(r"&#|<!\[CDATA\[|<(?:text|image|binary|audio)[\s>/]", text):
        hint = "write the text of the message as it is"
        raise UntranslatedError("a message holds elements or character references of XML", 1, hint)
    return unescape(text, _ENTITIES)


def _liquid_turns(text: str) -> list[Turn]:
    if _TURN.search(text):
        hint = "put the variable between the messages: it becomes a thread"
        raise UntranslatedError("the roles of messages are themselves made by the template", 1, hint)
    marks = list(_LIQUID.finditer(text))
    if not marks:
        return [("user", text)]
    ends = [each.start() for each in marks[1:]] + [len(text)]
    turns = [
        (each["role"], text[each.end() : end].strip("\n")) for each, end in zip(marks, ends, strict=True)
    ]
    return [*_between(text[: marks[0].start()]), *turns]


def _translation(form: Any, declared: Mapping[str, Any], report: Report) -> Callable[[str], str]:
    if form == "handlebars":
        return lambda text: _handlebars(text, declared, report)
    known = {"semantic-kernel": semantic_kernel, "liquid": verbatim, "jinja2": verbatim}
    if not isinstance(form, str) or form not in known:
        raise UntranslatedError(
            f"there is no template format {form!r}", 1, f"known: {', '.join(known)}, handlebars"
        )
    return known[form]


def _handlebars(text: str, declared: Mapping[str, Any], report: Report) -> str:
    def say(line: int, what: str) -> None:
        report.warning(0, DIFFERS, f"{what} (line {line} of the template)")

    try:
        parts = handlebars.translate(text, declared, first_line=1, partial=lambda _: None, say=say)
    except TemplateError as error:
        raise UntranslatedError(error.message, error.line, error.hint) from None
    if not all(isinstance(each, str | Tag) for each in parts):
        raise UntranslatedError("a helper for roles stands inside of a message", 1, "use {{#message role=…}}")
    return template(each for each in parts if isinstance(each, str | Tag))


def _declared(config: Structured, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the input variables. One is required unless it is said that it is not, or has a default."""
    given = config.value.get("input_variables")
    old = config.value.get("input")
    if given is None and isinstance(old, dict):
        given = old.get("parameters")
    for index, each in enumerate(given if isinstance(given, list) else ()):
        place = config.place("input_variables", index)
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or not is_input_name(name):
            report.warning(place, LEFT_OUT, f"the variable {name!r} has no plain name, and was left out")
            continue
        described = each.get("description")
        about = {"description": described} if isinstance(described, str) and described else {}
        default = each.get("default", each.get("defaultValue"))
        if default is not None or each.get("is_required", True) is False:
            # What is not given prints nothing there.
            text = default if isinstance(default, str) else "" if default is None else str(default)
            yield name, {"kind": "string", **about, "default": text}
        else:
            yield name, {"kind": "string", **about, "required": True}
        for key in ("json_schema", "sample"):
            if each.get(key):
                report.warning(
                    place, LEFT_OUT, f"`{key}` of a variable was left out: it is text in a template"
                )


def _model(config: Structured, report: Report) -> dict[str, Any]:
    """Return the model of the default service, or of the only one."""
    services = config.value.get("execution_settings")
    if not isinstance(services, dict):
        services = (
            {"default": config.value["completion"]}
            if isinstance(config.value.get("completion"), dict)
            else {}
        )
    chosen = "default" if "default" in services else next(iter(services), "")
    place = config.place("execution_settings")
    for name in services:
        if name != chosen:
            report.warning(
                place, LEFT_OUT, f"the settings of the service {name!r} were left out: a prompt has one model"
            )
    settings = services.get(chosen)
    if not isinstance(settings, dict):
        return {}
    inner = settings.get("extension_data")
    settings = {**settings, **(inner if isinstance(inner, dict) else {})}
    named = settings.get("model_id") or settings.get("ai_model_id")
    options = options_of(
        {key: each for key, each in settings.items() if key not in _NO_OPTIONS}, report, place
    )
    if not isinstance(named, str):
        if options:
            message = f"the options {', '.join(options)} were left out: the service names no model"
            report.warning(place, LEFT_OUT, message, "write model: {id: …, options: {…}}")
        return {}
    provider = _SERVICE_TYPES.get(chosen, "")
    return {
        **({"provider": provider} if provider else {}),
        "id": named,
        **({"options": options} if options else {}),
    }


def _say_unread(config: Structured, report: Report) -> None:
    for key, value in config.value.items():
        if key not in _READ and value not in (None, [], {}, "", False):
            report.warning(config.place(key), LEFT_OUT, f"`{key}` has no place in a registry")
    output = config.value.get("output_variable")
    if isinstance(output, dict) and output.get("json_schema"):
        message = (
            "`output_variable.json_schema` was left out: the fields of an answer are declared as outputs"
        )
        report.warning(config.place("output_variable"), LEFT_OUT, message, "write outputs: in the prompt")
