"""From a bundle to messages: the one way in which validate, eval, `render` and the SDK make them."""

from __future__ import annotations

from promptctl.core.bundle import Bundle
from promptctl.core.documents import cut, listed, misfit
from promptctl.core.inputs import Inputs
from promptctl.core.limits import LOAD, Limits
from promptctl.core.samples import sample_inputs
from promptctl.core.template import Template, parse
from promptctl.errors import InputError, TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from promptctl.core.documents import LayOut

    Parse: TypeAlias = Callable[..., Template]
    Render: TypeAlias = Callable[[Mapping[str, Any]], str]


class CompiledPrompt:
    """A prompt whose templates are parsed and compiled; safe to share between threads.

    Raises `TemplateError` when a template of the bundle cannot be compiled within `limits`, or puts what end
    users write where it could pass for the author's words.
    """

    def __init__(self, bundle: Bundle, limits: Limits = LOAD, parse: Parse = parse) -> None:
        body = bundle.body
        count, most = len(body.get("messages", [])), limits.messages_per_prompt
        if count > most:
            raise TemplateError(f"the prompt has {count:,} messages; at most {most:,} are made")
        uses = body.get("uses", {})
        layout = bundle.artifacts[uses["context_template"]] if "context_template" in uses else None
        parts, laid_out = _templates(body, layout, lambda text: parse(text, limits=limits))
        self._inputs = Inputs(body.get("inputs", {}))
        self._parts = [
            (part.get("thread"), part.get("role", ""), template.compile(limits))
            for part, template in zip(body.get("messages", []), parts, strict=True)
        ]
        self._rag_config = bundle.artifacts[uses["rag_config"]] if "rag_config" in uses else {}
        self._layout: LayOut | None = None
        if layout is not None and laid_out is not None:
            self._layout = _layout(layout.get("inputs", {}), laid_out.compile(limits))

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


def _templates(
    body: Mapping[str, Any], layout: Mapping[str, Any] | None, parsed: Callable[[str], Template]
) -> tuple[list[Template], Template | None]:
    """Return the template of each message, empty for threads, and that of the context template."""
    messages, inputs = body.get("messages", []), body.get("inputs", {})
    parts = [parsed("" if "thread" in each else each["text"]) for each in messages]
    laid_out = None if layout is None else parsed(layout["text"])
    layout_inputs = {} if layout is None else layout.get("inputs", {})
    if not any("trust" in each for each in (*inputs.values(), *layout_inputs.values())):
        return parts, laid_out  # most prompts trust their inputs, and pay nothing
    from promptctl.core.trust import fenced

    roles = [each.get("role", "") for each in messages]
    found = fenced([*zip(roles, parts, strict=True)], inputs, laid_out, layout_inputs)
    found.check()
    return found.parts, found.layout


def _layout(declared: Mapping[str, Any], render: Render) -> LayOut:
    inputs = Inputs(declared)
    return lambda documents: render(inputs.accept({"documents": documents}))


def tried(bundle: Bundle, limits: Limits = LOAD, parse: Parse = parse) -> CompiledPrompt:
    """Return the compiled prompt of a bundle whose templates render with sample inputs.

    `parse` is for who has parsed the texts already.

    Publishers and runtimes try the same, so what is released is not refused where it should serve. Raises
    what `CompiledPrompt` and its methods raise.
    """
    compiled = CompiledPrompt(bundle, limits, parse)
    values = sample_inputs(bundle.body.get("inputs", {}))
    if values is not None:
        compiled.messages(values)
    layout = bundle.body.get("uses", {}).get("context_template")
    if layout is not None:
        documents = sample_inputs(bundle.artifacts[layout].get("inputs", {}))
        if documents is not None:
            compiled.context(documents.get("documents", []))
    return compiled
