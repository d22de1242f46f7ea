"""Bodies of Markdown files: messages and templates, with partials inlined."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from promptctl.checks import message_division, template_syntax
from promptctl.checks.rule import Refusal
from promptctl.core import messages
from promptctl.core.kinds.prompt import Message, Prompt
from promptctl.core.template import Template, parse
from promptctl.errors import TemplateError
from promptctl.model.document import Place
from promptctl.model.findings import Finding
from promptctl.model.registry import Artifact, Reference

_INCLUDE = re.compile(r"""\{%[ \t\n]*include[ \t\n]+(["'])(?P<name>.*?)\1""")
_PARTIALS = "partials/"


@dataclass(frozen=True, slots=True)
class Draft:
    """An artifact whose body, if its kind has one, is still text."""

    artifact: Artifact
    body: str | None = None

    def targets(self) -> frozenset[str]:
        """The addresses that the file names; among them partials that only look as if they were included."""
        named = frozenset(each.target for each in self.artifact.references)
        return named.union(f"{_PARTIALS}{each['name']}" for each in _INCLUDE.finditer(self.body or ""))


def complete(drafts: Collection[Draft], addresses: Iterable[str]) -> tuple[list[Artifact], list[Finding]]:
    """Return the artifacts with their bodies parsed, and a finding for each that cannot be.

    `addresses` are all of the registry. What includes a partial that is wrong is left out in silence: the
    partial has the finding.
    """
    partials = [each for each in drafts if each.artifact.kind == "partial"]
    texts = {each.removeprefix(_PARTIALS): "" for each in addresses if each.startswith(_PARTIALS)}
    texts |= {each.artifact.address.removeprefix(_PARTIALS): _text(each) for each in partials}
    done, findings = _each(partials, texts, frozenset())
    broken = texts.keys() - {each.address.removeprefix(_PARTIALS) for each in done}
    others = [each for each in drafts if each.artifact.kind != "partial"]
    more, problems = _each(others, texts | dict.fromkeys(broken, ""), broken)
    return done + more, findings + problems


def _each(
    drafts: Iterable[Draft], partials: Mapping[str, str], broken: Collection[str]
) -> tuple[list[Artifact], list[Finding]]:
    done, findings = [], []
    for draft in drafts:
        try:
            artifact = _complete(draft, partials)
        except _Problem as problem:
            findings.append(problem.finding)
            continue
        if not any(name in broken for each in artifact.templates for name in each.includes):
            done.append(artifact)
    return done, findings


class _Problem(Exception):  # noqa: N818 - carries a finding up to the loop over all bodies
    def __init__(self, artifact: Artifact, error: TemplateError, rule: Refusal) -> None:
        super().__init__()
        self.finding = rule.at(artifact.path, Place(error.line, error.column), error.message, error.hint)


def _complete(draft: Draft, partials: Mapping[str, str]) -> Artifact:
    artifact = draft.artifact
    if draft.body is None:
        return artifact
    if isinstance(artifact.value, Prompt):
        parts = _split(artifact, draft.body)
        value: Any = replace(
            artifact.value,
            messages=tuple(
                Message(thread=each.input)
                if isinstance(each, messages.Thread)
                else Message(role=each.role, text=each.text)
                for each in parts
            ),
        )
        texts = [(each.text, each.line) for each in parts if isinstance(each, messages.Message)]
    else:
        value = replace(artifact.value, text=_text(draft))
        texts = [(_text(draft), artifact.body_line)]
        _refuse_markers(artifact, texts[0][0])
    templates = tuple(_parse(artifact, text, line, partials) for text, line in texts)
    included = _included(draft, templates)
    return replace(artifact, value=value, templates=templates, references=(*artifact.references, *included))


def _text(draft: Draft) -> str:
    """Return the body without the line end that every text file ends with."""
    return (draft.body or "").removesuffix("\n")


def _refuse_markers(artifact: Artifact, text: str) -> None:
    """A partial stands inside of one message; in a context template a line like `user:` is text."""
    line = messages.has_marker(text) if artifact.kind == "partial" else 0
    if line:
        message = "a role marker in a partial would begin no message"
        hint = "move the marker to the prompt; a line that should be text goes between raw tags"
        error = TemplateError(message, line=line + artifact.body_line - 1, column=1, hint=hint)
        raise _Problem(artifact, error, message_division.RULE)


def _split(artifact: Artifact, body: str) -> tuple[messages.Message | messages.Thread, ...]:
    threads = frozenset(name for name, each in artifact.value.inputs.items() if each.kind == "thread")
    try:
        return messages.split(body, thread_inputs=threads, first_line=artifact.body_line)
    except TemplateError as error:
        is_of_template = _is_of_template(error, body, artifact.body_line)
        rule = template_syntax.RULE if is_of_template else message_division.RULE
        raise _Problem(artifact, error, rule) from None


def _is_of_template(error: TemplateError, body: str, line: int) -> bool:
    """Say whether a body that does not divide into messages is not even a template."""
    try:
        parse(body, partials={}, first_line=line)
    except TemplateError as other:
        return (other.line, other.column) == (error.line, error.column)
    return False


def _parse(artifact: Artifact, text: str, line: int, partials: Mapping[str, str]) -> Template:
    try:
        return parse(text, partials=partials, first_line=line)
    except TemplateError as error:
        raise _Problem(artifact, error, template_syntax.RULE) from None


def _included(draft: Draft, templates: Iterable[Template]) -> list[Reference]:
    """Return the partials that the body itself includes, where it does."""
    used = {name for each in templates for name in each.includes}
    if not used or draft.body is None:
        return []
    found = []
    for match in _INCLUDE.finditer(draft.body):
        if match["name"] in used:
            line = draft.body.count("\n", 0, match.start()) + draft.artifact.body_line
            column = match.start() - draft.body.rfind("\n", 0, match.start())
            found.append(Reference(f"partials/{match['name']}", Place(line, column)))
    return found
