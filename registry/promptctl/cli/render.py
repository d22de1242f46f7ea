"""`promptctl render`."""

from __future__ import annotations

from typing import IO

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.inputs import given_inputs, takes_inputs
from promptctl.cli.output.messages import show_messages
from promptctl.cli.output.text import emit
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref


@verb
@click.argument("ref", metavar="REF")
@takes_inputs
def command(
    context: Context, ref: str, texts: tuple[str, ...], values: IO[bytes] | None, documents: IO[bytes] | None
) -> None:
    """Print the messages of REF, exactly as a runtime makes them.

    REF is NAME (the files), NAME@1.2.0, NAME@prod or NAME@git:REV. A VALUE is text; for an input of another
    kind it is JSON. Documents, best first, are cut as the RAG config says and laid out by the context
    template: they become the input `context`. FILE may be - for standard input.

    \b
    promptctl render support-answer --var question="May I return a chair?" --documents found.json
    promptctl render support-answer@prod --vars case.json -o json
    """
    from promptctl.services.render import render

    given = given_inputs(texts, values, documents)
    with open_workspace(context) as workspace:
        rendered = render(workspace, Ref.parse(ref), given)
    if context.output == "json":
        resolved = rendered.resolved
        emit(
            "render",
            {
                "address": resolved.address,
                "where": resolved.where,
                "version": str(resolved.version) if resolved.version else None,
                "digest": resolved.digest,
                "messages": rendered.messages,
                "openai": rendered.openai,
            },
        )
    else:
        show_messages(context, rendered.messages)
