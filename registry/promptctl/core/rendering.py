"""From a bundle to messages: the one way in which validate, eval, `render` and the SDK make them."""

from __future__ import annotations

from promptctl.core.bundle import Bundle
from promptctl.core.documents import cut, listed, misfit
from promptctl.core.inputs import Inputs
from promptctl.core.limits import LOAD, Limits
from promptctl.core.samples import sample_inputs
from promptctl.core.template import parse
from promptctl.errors import InputError, TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from promptctl.core.documents import LayOut

    Render: TypeAlias = Callable[[Mapping[str, Any]], str]


class CompiledPrompt:
    """A prompt whose templates are parsed and compiled; safe to share between threads.

    Raises `TemplateError` when a template of the bundle cannot be compiled within `limits`.
    """

    def __init__(self, bundle: Bundle, limits: Limits = LOAD) -> None:
        body = bundle.body
        self._inputs = Inputs(body.get("inputs", {}))
        self._parts = [_part(part, limits) for part in body.get("messages", [])]
        uses = body.get("uses", {})
        self._rag_config = bundle.artifacts[uses["rag_config"]] if "rag_config" in uses else {}
        self._layout: LayOut | None = None
        if "context_template" in uses:
            self._layout = _layout(bundle.artifacts[uses["context_template"]], limits)

    def messages(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return `[{"role", "content"}, …]`.

        Raise `InputError` for values that do not fit, `TemplateError` where the template cannot print them.
        """
        values = self._inputs.accept(given)
        messages: list[dict[str, Any]] = []
        for thread, role, render in self._parts:
            if thread is None:
                messages.append({"role": role, "content": render(values)})
            else:
                messages += values[thread]
        return messages

    def context(self, documents: Iterable[Mapping[str, Any]]) -> str:
        """Return retrieved documents, best first, cut as the RAG config says and laid out by the context
        template. Raise `InputError` where the prompt names no context template, or for a document that does
        not fit it, by its index.
        """
        if self._layout is None:
            raise InputError(
                "the prompt names no context template, so it cannot lay out documents",
                hint="name one under promptctl.context_template, or give the text of the input yourself",
            )
        given = listed(documents)
        kept = cut(given, self._rag_config)
        try:
            return self._layout(kept)
        except (InputError, TemplateError) as error:
            # Looked for afterwards, one by one: documents that fit pay nothing for it.
            raise misfit(given, kept, self._layout) or error from None


def _layout(template: Mapping[str, Any], limits: Limits) -> LayOut:
    inputs, render = Inputs(template.get("inputs", {})), _compiled(template["text"], limits)
    return lambda documents: render(inputs.accept({"documents": documents}))


def _part(part: Mapping[str, Any], limits: Limits) -> tuple[str | None, str, Render]:
    """Return (thread, role, render): a thread, or a role and its text."""
    if "thread" in part:
        return part["thread"], "", _compiled("", limits)
    return None, part["role"], _compiled(part["text"], limits)


def _compiled(text: str, limits: Limits) -> Render:
    return parse(text, limits=limits).compile(limits)


def tried(bundle: Bundle, limits: Limits = LOAD) -> CompiledPrompt:
    """Return the compiled prompt of a bundle whose templates render with sample inputs.

    Publishers and runtimes try the same, so what is released is not refused where it should serve. Raises
    what `CompiledPrompt` and its methods raise.
    """
    compiled = CompiledPrompt(bundle, limits)
    values = sample_inputs(bundle.body.get("inputs", {}))
    if values is not None:
        compiled.messages(values)
    layout = bundle.body.get("uses", {}).get("context_template")
    if layout is not None:
        documents = sample_inputs(bundle.artifacts[layout].get("inputs", {}))
        if documents is not None:
            compiled.context(documents.get("documents", []))
    return compiled
