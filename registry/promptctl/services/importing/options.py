"""Model options under the names that other tools give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.core.options import OPENAI_NAMES
from promptctl.services.importing.imported import LEFT_OUT
from promptctl.services.importing.reports import Report, Where

NAMES = {theirs: ours for ours, theirs in OPENAI_NAMES.items()} | {
    "max_completion_tokens": "maxOutputTokens",
    "stop_sequences": "stopSequences",
}
"""What the options of a model are called elsewhere, and here."""
_SECRET = ("key", "secret", "url", "host", "endpoint", "base", "organization")
_ELSEWHERE = "keys and addresses belong to the environment, not to a prompt"
_WHOLE = frozenset({"maxOutputTokens", "seed"})


def options_of(settings: Mapping[str, Any], report: Report, where: Where) -> dict[str, Any]:
    """Return the options that we have. Of the others only the names are said: values may be secrets."""
    return dict(_known(settings, report, where))


def _known(settings: Mapping[str, Any], report: Report, where: Where) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if value is None or value in ([], {}, ""):
            continue
        name = NAMES.get(key, "")
        if name == "stopSequences" and isinstance(value, str | list):
            yield name, [value] if isinstance(value, str) else value
        elif name and _is_number(value, whole=name in _WHOLE):
            yield name, value
        elif key == "response_format":
            message = "`response_format` was left out: the fields of an answer are declared as outputs"
            report.warning(where, LEFT_OUT, message, "write outputs: in the prompt")
        else:
            hint = _ELSEWHERE if any(each in key.lower() for each in _SECRET) else ""
            report.warning(where, LEFT_OUT, f"the model's option `{key}` was left out", hint)


def _is_number(value: Any, *, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)
