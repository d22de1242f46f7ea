"""Prompty v2, and what can be told of v1: the body stays as it is, the rest becomes the strict profile's.

Specification: https://github.com/microsoft/prompty. Nothing is read from the environment or other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from typing import Any

from promptctl.core.kinds.prompt import ModelOptions, Uses
from promptctl.core.names import name_problem
from promptctl.errors import TemplateError
from promptctl.model.document import shown
from promptctl.services.importing.declaring import kind_of, names_of, undeclared, untranslated
from promptctl.services.importing.foreign import Fields, resolved_elsewhere
from promptctl.services.importing.imported import (
    DIFFERS,
    LEFT_OUT,
    NO_SUITE,
    UNREADABLE,
    UNTRANSLATED,
    Imported,
    Source,
    suite_hint,
)
from promptctl.services.importing.options import NAMES
from promptctl.services.importing.writing import case_id, dataset_file, prompt_file
from promptctl.store import markdown

_USES = {each.name: each.default for each in dataclass_fields(Uses)}
_OPTIONS = {each: each for each in ModelOptions.__dataclass_fields__}
_V1_PROVIDERS = {"azure_openai": "azure", "azure": "azure", "openai": "openai", "serverless": "azure"}
_KINDS = {each: each for each in ("string", "integer", "float", "boolean", "array", "object", "thread")}
_KINDS |= {"number": "float", "list": "array", "dict": "object", "bool": "boolean", "int": "integer"}
_PROVIDERS = "name the host in promptctl.yaml: providers: {NAME: {base_url: …, api_key_env: …}}"
_MUSTACHE = re.compile(r"\{\{(?![ \t]*[A-Za-z_]\w*[ \t]*\}\})")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]+\)")


class _Refused(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """Nothing can be made of this file; the finding is already written down."""


def read(source: Source) -> Imported:
    """Return one prompt with the body as it is; sample values become a dataset of one case."""
    parts, problems = markdown.read(source.data, source.path)
    if parts is None:
        return Imported(findings=problems)
    fields = Fields(source, parts.document)
    if not fields.is_mapping:
        return Imported(findings=tuple(fields.findings))
    try:
        return _prompt(fields, parts.body, parts.body_line)
    except TemplateError as error:
        return Imported(findings=(*fields.findings, untranslated(source, error)))
    except _Refused:
        return Imported(findings=tuple(fields.findings))


def _prompt(fields: Fields, body: str, body_line: int) -> Imported:
    source = fields.source
    _template(fields, body)
    sample = _sample(fields)
    model, tools = _model(fields), _tools(fields)
    inputs = _inputs(fields, sample)
    names = names_of(body, inputs, first_line=body_line, partials={})
    for name, declared in undeclared(body, names, inputs).items():
        line = next(each.line for each in names if each.name == name)
        message = f"`{name}` is used and not declared: it is a required {declared['kind']} here"
        fields.findings.append(source.warning(line, DIFFERS, message, "say in inputs what it is"))
        inputs[name] = declared
    if image := _IMAGE.search(body):
        line = body_line + body.count("\n", 0, image.start())
        message = "images stay text: messages hold nothing else here"
        fields.findings.append(source.warning(line, DIFFERS, message, "add the image in the application"))
    front = {
        "name": fields.get("name", str),
        "description": fields.get("description", str),
        "metadata": _metadata(fields),
        "model": model,
        "inputs": inputs,
        "outputs": dict(_declared(fields, "outputs")),
        "tools": tools,
        "promptctl": _uses(fields),
    }
    fields.rest()
    files = {f"prompts/{source.name}.md": prompt_file(front, body)}
    if sample:
        files[f"datasets/{source.name}.jsonl"] = dataset_file([{"id": case_id(1), "vars": sample}])
        message = "the sample values are one case of a dataset, without a suite"
        fields.warning("sample", NO_SUITE, message, suite_hint(source.name, f"`dataset: {source.name}`"))
    return Imported(files, tuple(fields.findings))


def _template(fields: Fields, body: str) -> None:
    """Refuse other template languages than Jinja's; Mustache's plain names are the same in both."""
    value = fields.get("template", str, dict)
    kind = value
    if isinstance(value, dict):
        found = value.get("format", value.get("type"))
        kind = found.get("kind") if isinstance(found, dict) else found
    if kind not in (None, "jinja2", "jinja", "mustache"):
        fields.error("template", UNTRANSLATED, f"the template language {shown(str(kind))!r} is unknown", "")
        raise _Refused
    if kind == "mustache" and _MUSTACHE.search(body):
        message = "Mustache sections, partials and unescaped values cannot be translated"
        fields.error("template", UNTRANSLATED, message, "write them as {% if x %} or {% for x in xs %}")
        raise _Refused
    if kind == "mustache":
        message = "Mustache escapes HTML in values; here they stay as they are"
        fields.warning("template", DIFFERS, message, "")


def _model(fields: Fields) -> dict[str, Any]:
    """Return the model, by v2's names or v1's."""
    if isinstance(fields.value.get("model"), str):
        return {"id": fields.get("model", str)}
    model = fields.below("model")
    if model is None:
        return {}
    api = model.get("apiType", str) or model.get("api", str) or "chat"
    if api not in ("chat", "responses"):
        message = f"a prompt for the API {shown(api)!r} has no messages to import"
        model.error("apiType" if model.has("apiType") else "api", UNREADABLE, message, "prompts are chats")
        raise _Refused
    if api == "responses":
        model.warning("apiType", DIFFERS, "the chat API is asked, not the responses API", "")
    model.left_out("connection", _PROVIDERS, "hosts and keys belong to the registry's providers")
    model.left_out("response", "", "the first choice is taken")
    options = _options(model)
    known = _v1_model(model) if model.has("configuration") else {}
    named = {"provider": model.get("provider", str), "id": model.get("id", str)}
    made = {key: named[key] or known.get(key, "") for key in named if named[key] or known.get(key)}
    model.rest()
    if not made.get("id"):
        fields.warning(
            "model", LEFT_OUT, "the model has no id: it was left out, with its options", "add model: {id: …}"
        )
        return {}
    return made | ({"options": options} if options else {})


def _options(model: Fields) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, names in (("options", _OPTIONS), ("parameters", NAMES)):
        below = model.below(key)
        if below is None:
            continue
        for theirs, ours in names.items():
            value = below.get(theirs, float, list, str)
            if value is not None:
                options[ours] = [value] if ours == "stopSequences" and isinstance(value, str) else value
        below.left_out("response_format", "declare the fields of the answer as outputs")
        below.rest("promptctl has no option of this name")
    return options


def _v1_model(model: Fields) -> dict[str, Any]:
    """Return provider and id of v1's `configuration`; hosts and keys are left out."""
    below = model.below("configuration")
    if below is None:
        return {}
    kind = below.get("type", str) or ""
    found = [below.get(each, str) for each in ("name", "model", "azure_deployment")]
    below.rest(_PROVIDERS)
    return {"provider": _V1_PROVIDERS.get(kind, kind), "id": next((each for each in found if each), "")}


def _sample(fields: Fields) -> dict[str, Any]:
    """Return v1's sample values."""
    value = fields.get("sample", dict, str)
    if isinstance(value, str):
        fields.warning("sample", LEFT_OUT, "the samples of another file were left out", "import them by hand")
        return {}
    if resolved_elsewhere(value):
        fields.would_read("sample")
        return {}
    return dict(value or {})


def _inputs(fields: Fields, sample: dict[str, Any]) -> dict[str, dict[str, Any]]:
    inputs = dict(_declared(fields, "inputs"))
    for name, value in sample.items():
        if name not in inputs:
            inputs[name] = {"kind": kind_of(value), "required": True}
    for each in inputs.values():
        # A missing text prints nothing there; here it needs a value that does the same.
        if each["kind"] == "string" and not each.keys() & {"required", "default", "enumValues"}:
            each["default"] = ""
        if "default" in each:
            each.pop("required", None)
    return inputs


def _declared(fields: Fields, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, declaration) of a list or mapping of properties."""
    value = fields.get(key, list, dict)
    if isinstance(value, list):
        for each in fields.each(key):
            name = each.get("name", str)
            if name is None:
                each.warning("name", LEFT_OUT, f"a member of `{key}` has no name: left out", "")
            else:
                yield name, _property(each, is_input=key == "inputs")
    elif isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, dict):
                yield name, _property(fields.at(key, name), is_input=key == "inputs")
            elif resolved_elsewhere(each):
                fields.at(key).would_read(name)
            else:
                yield name, {"kind": kind_of(each)} | ({} if each is None else {"default": each})


def _property(each: Fields, *, is_input: bool) -> dict[str, Any]:
    default = each.value.get("default")
    given = (
        each.get("kind", str)
        or each.get("type", str)
        or (kind_of(default) if default is not None else "string")
    )
    if given not in _KINDS:
        message = f"values of kind {shown(given)!r} cannot stand in a message here"
        each.error(
            "kind" if each.has("kind") else "type", UNTRANSLATED, message, "give it in the application"
        )
        raise _Refused
    made: dict[str, Any] = {"kind": _KINDS[given]}
    for key, kind in (("description", str), ("required", bool), ("enumValues", list)):
        found = each.get(key, kind)
        if found not in (None, False, ""):
            made[key] = found
    if is_input and default is not None:
        found = each.get("default", str, int, float, bool, list, dict)
        if found is not None and not resolved_elsewhere(found):
            made["default"] = found
    if items := each.below("items"):
        made["items"] = _property(items, is_input=False)
    if each.has("properties"):
        made["properties"] = dict(_declared(each, "properties"))
    for example in ("example", "sample"):
        each.left_out(example, "", "it is never used as a value")
    each.get("name", str)
    each.rest()
    return made


def _tools(fields: Fields) -> list[dict[str, Any]]:
    return [tool for each in fields.each("tools") if (tool := _tool(each))] if fields.has("tools") else []


def _tool(each: Fields) -> dict[str, Any] | None:
    name, kind = each.get("name", str), each.get("kind", str) or each.get("type", str) or "function"
    if name is None or kind != "function":
        message = f"the tool {shown(str(name))!r} of kind {shown(kind)!r} was left out"
        each.warning(
            "name", LEFT_OUT, message, "functions are declared in prompts; give others in the application"
        )
        return None
    tool: dict[str, Any] = {"name": name, "kind": "function"}
    if text := each.get("description", str):
        tool["description"] = text
    if isinstance(each.value.get("parameters"), list):
        tool["parameters"] = _parameters(each)
    elif (schema := each.get("parameters", dict)) is not None:
        tool["parameters"] = schema
    if each.get("strict", bool):
        tool["strict"] = True
    each.left_out("bindings", "give these arguments in the application")
    each.rest()
    return tool


def _parameters(tool: Fields) -> dict[str, Any]:
    """Return a list of properties as the JSON Schema of an object."""
    declared = dict(_declared(tool, "parameters"))
    required = [name for name, each in declared.items() if each.get("required")]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema(each) for name, each in declared.items()},
    }
    return schema | ({"required": required} if required else {})


def _schema(declared: dict[str, Any]) -> dict[str, Any]:
    kind = declared["kind"]
    schema: dict[str, Any] = {"type": "number" if kind == "float" else kind}
    if "description" in declared:
        schema["description"] = declared["description"]
    if "enumValues" in declared:
        schema["enum"] = declared["enumValues"]
    if "items" in declared:
        schema["items"] = _schema(declared["items"])
    if "properties" in declared:
        schema["properties"] = {name: _schema(each) for name, each in declared["properties"].items()}
    return schema


def _uses(fields: Fields) -> dict[str, Any]:
    """Return what stands under our own key; whether the names exist is for the registry's rules to say."""
    below = fields.below("promptctl")
    if below is None:
        return {}
    found = dict(_references(below))
    below.rest("promptctl has no such reference")
    return found


def _references(below: Fields) -> Iterator[tuple[str, Any]]:
    for key, missing in _USES.items():
        value = below.get(key, list if isinstance(missing, tuple) else str)
        if value is None:
            continue
        names = value if isinstance(value, list) else [value]
        if all(isinstance(each, str) and name_problem(each) is None for each in names):
            yield key, value
        else:
            below.left_out(key, "names look like support/answer", "it names no artifact")


def _metadata(fields: Fields) -> dict[str, Any]:
    """Return metadata, with what v1 has at the top."""
    found = dict(fields.get("metadata", dict) or {})
    if resolved_elsewhere(found):
        fields.would_read("metadata")
        found = {}
    for key in ("authors", "tags", "version"):
        value = fields.get(key, list, str, float)
        if value is not None and not resolved_elsewhere(value):
            found.setdefault(key, value)
    return found
