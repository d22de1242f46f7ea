"""The inputs that a command line gives to a prompt: `--var`, `--vars` and `--documents`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from promptctl.core.limits import PUBLISH
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.render import Given

Command = TypeVar("Command", bound=Callable[..., Any])


def takes_inputs(command: Command) -> Command:
    """Give a verb the three options; it takes them as `texts`, `values` and `documents`."""
    options = (
        click.option(
            "--var", "texts", multiple=True, metavar="NAME=VALUE", help="One input; may be repeated."
        ),
        click.option(
            "--vars", "values", type=click.File("rb"), metavar="FILE", help="Inputs as a JSON object."
        ),
        click.option(
            "--documents", type=click.File("rb"), metavar="FILE", help="Retrieved documents, a JSON list."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def given_inputs(texts: tuple[str, ...], values: IO[bytes] | None, documents: IO[bytes] | None) -> Given:
    """Return what the options say; raise `UsageError` where one of them is not what it should be."""
    from promptctl.services.render import Given

    return Given(
        texts=_pairs(texts),
        values=_json(values, dict, "a JSON object") if values else {},
        documents=_documents(documents) if documents else None,
    )


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
