"""One artifact for people: where it comes from and serves, its interface, its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.fields import field_lines, scalar
from promptctl.cli.output.layout import say_wrapped, verbatim
from promptctl.cli.output.messages import show_messages
from promptctl.cli.output.text import safe, say
from promptctl.core.kinds import load
from promptctl.core.written import timestamp

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.show import Shown

_LABEL = 8
_TEXTS = ("context_template", "partial")


def show_artifact(context: Context, shown: Shown) -> None:
    """Print an artifact, whole."""
    title = shown.address + (f" {shown.version}" if shown.version else "")
    say(context, safe(title), bold=True)
    if description := str(shown.about.get("description", "")):
        say_wrapped(context, description)
    say(context)
    for label, value in _origin(shown):
        _show_labelled(context, label, value)
    if shown.kind == "prompt":
        _show_prompt(context, shown)
    elif shown.kind in _TEXTS:
        _show_section(context, "inputs", _values(shown.body.get("inputs", {}).items()))
        say(context)
        for line in verbatim(shown.body.get("text", ""), context.width):
            say(context, line)
    else:
        say(context)
        for line in field_lines(_in_effect(shown), context.width):
            say(context, line)


def _in_effect(shown: Shown) -> Mapping[str, Any]:
    """Return the fields of a policy or setting with the defaults that its file leaves out: `default: deny`
    holds whether it is written or not.
    """
    if not shown.digest:
        return shown.body
    filled: Mapping[str, Any] = _filled(asdict(load(shown.kind, shown.body)))
    return {key: value for key, value in filled.items() if key not in shown.about and key != "metadata"}


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _filled(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, "", (), [], {})}
    return [_filled(each) for each in value] if isinstance(value, tuple | list) else value


def _origin(shown: Shown) -> Iterator[tuple[str, str]]:
    if shown.path:
        yield "file", shown.path
    if shown.digest:
        yield "digest", shown.digest
    if shown.source_commit:
        yield "source", shown.source_commit
    if tag := shown.tag:
        proof = "signed" if shown.signed else "unverified"
        yield "released", f"{timestamp(tag.at) if tag.at else '?'} by {tag.by or '?'} ({proof})"
        if tag.notes:
            yield "notes", tag.notes
    if not shown.version and shown.newest:
        same = f"the same as {shown.same_as}" if shown.same_as else f"differs from {shown.newest}, the newest"
        yield "release", same
    if shown.serves:
        here = (name if shown.version else f"{name} ({version})" for name, version in shown.serves.items())
        yield "serves", ", ".join(here)
    if metadata := shown.about.get("metadata"):
        yield "metadata", ", ".join(f"{key} {_inline(value)}" for key, value in metadata.items())


def _show_labelled(context: Context, label: str, value: str) -> None:
    head = f"{label.ljust(_LABEL)} "
    say_wrapped(context, value, indent=head, hang=" " * len(head))


def _show_prompt(context: Context, shown: Shown) -> None:
    body = shown.body
    if model := body.get("model"):
        name = "/".join(filter(None, (model.get("provider"), model["id"])))
        options = [f"{key} {_inline(value)}" for key, value in model.get("options", {}).items()]
        _show_labelled(context, "model", ", ".join([name, *options]))
    _show_section(context, "inputs", _values(body.get("inputs", {}).items()))
    _show_section(context, "outputs", _values((each["name"], each) for each in body.get("outputs", ())))
    _show_section(
        context, "tools", ((each["name"], each.get("description", "")) for each in body.get("tools", ()))
    )
    _show_section(context, "uses", ((each, "") for each in shown.artifacts if each != shown.address))
    say(context)
    show_messages(context, body.get("messages", ()))


def _values(declared: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    for name, each in declared:
        words = [_shape(each)]
        words += ["required"] if each.get("required") else []
        words += [f"default {scalar(each['default'])}"] if "default" in each else []
        if "enumValues" in each:
            words.append("one of " + ", ".join(scalar(value) for value in each["enumValues"]))
        if "description" in each:
            words.append(str(each["description"]))
        yield name, ", ".join(words)


def _shape(declared: Mapping[str, Any]) -> str:
    """Return the kind, with that of items and the names of properties."""
    kind = str(declared["kind"])
    if "items" in declared:
        return f"{kind} of {_shape(declared['items'])}"
    if "properties" in declared:
        return f"{kind} ({', '.join(declared['properties'])})"
    return kind


def _show_section(context: Context, title: str, entries: Iterable[tuple[str, str]]) -> None:
    rows = [(safe(name), text) for name, text in entries]
    width = max((len(name) for name, _ in rows), default=0)
    for place, (name, text) in enumerate(rows):
        head = f"{(title if place == 0 else '').ljust(_LABEL)} {name.ljust(width)}"
        if not text:
            say(context, head.rstrip())
            continue
        say_wrapped(context, text, indent=f"{head}  ", hang=" " * (len(head) + 2))


def _inline(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return scalar(value)
