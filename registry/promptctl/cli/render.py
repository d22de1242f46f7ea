"""`promptctl render`."""

from __future__ import annotations

import json
from typing import IO, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.messages import show_messages
from promptctl.cli.output.text import emit
from promptctl.cli.workspace import open_workspace
from promptctl.core.limits import PUBLISH
from promptctl.core.names import Ref
from promptctl.errors import UsageError


@verb
@click.argument("ref", metavar="REF")
@click.option("--var", "texts", multiple=True, metavar="NAME=VALUE", help="One input; may be repeated.")
@click.option("--vars", "values", type=click.File("rb"), metavar="FILE", help="Inputs as a JSON object.")
@click.option("--documents", type=click.File("rb"), metavar="FILE", help="Retrieved documents, a JSON list.")
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
    from promptctl.services.render import Given, render

    given = Given(
        texts=_pairs(texts),
        values=_json(values, dict, "a JSON object") if values else {},
        documents=_documents(documents) if documents else None,
    )
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


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for each in texts:
        name, separator, value = each.partition("=")
        if not separator or not name:
            raise UsageError(f"--var {each!r} is not NAME=VALUE", hint='--var question="…"')
        if name in pairs:
            raise UsageError(f"--var {name} is given twice", hint="give each input once")
        pairs[name] = value
    return pairs


def _documents(file: IO[bytes]) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = _json(file, list, "a JSON list of documents")
    if not all(isinstance(each, dict) for each in documents):
        raise UsageError(
            f"{file.name} must be a list of objects", hint='[{"id": "a", "title": "…", "content": "…"}]'
        )
    return documents


def _json(file: IO[bytes], kind: type, expected: str) -> Any:
    most_bytes = PUBLISH.bundle_size_bytes  # far more than what may be rendered of it
    content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise UsageError(
            f"{file.name} is larger than {most_bytes >> 20} MiB", hint="give fewer or shorter values"
        )
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file.name} is not JSON: {error}", hint=f"write {expected}") from None
    if not isinstance(value, kind):
        raise UsageError(f"{file.name} is not {expected}", hint=f"write {expected}")
    return value
