"""Writes docs/reference/rules.md from the rules themselves and the findings of the tests: `make docs`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from textwrap import fill

from promptctl import checks
from promptctl.checks.catalogue import EVERY
from promptctl.checks.conversions import CONVERSIONS
from promptctl.checks.rule import Refusal

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/rules.md"
BAD = ROOT / "tests/data/bad"

_HEAD = """# Rules

Everything that `promptctl validate` can find, by code. Errors stop a release; warnings are worth knowing. All
findings come in one run, sorted by place, at most twenty of a rule in one file.

*This page is written by `make docs` from the rules themselves; the examples are findings of the tests.*
"""

_CONVERSIONS = """# Import and export

What `promptctl import` and `promptctl export` say of what could not be carried over as it was. No finding of
a registry has one of these codes.
"""


def page() -> str:
    """Return the whole page."""
    reasons = _reasons()
    contents = "".join(
        f"| [{each.code}](#{each.code.lower()}) | {each.severity} | {each.about} |\n" for each in EVERY
    )
    table = f"| code | severity | what must hold |\n|---|---|---|\n{contents}"
    sections = [_section(each, reasons[each.code]) for each in EVERY]
    return "\n".join([_HEAD, table, *sections, _CONVERSIONS, *map(_section, CONVERSIONS)])


def _reasons() -> dict[str, str]:
    """Return by code why a rule is there: what its file says first."""
    modules = (import_module(f"{checks.__name__}.{each.name}") for each in iter_modules(checks.__path__))
    return {each.RULE.code: _joined(each.__doc__ or "") for each in modules if hasattr(each, "RULE")}


def _joined(text: str) -> str:
    """Return a docstring with its first sentence at the head of what follows."""
    return fill(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False)


def _section(rule: Refusal, reason: str = "") -> str:
    title = f"**{rule.about[:1].upper()}{rule.about[1:]}** ({rule.severity})"
    parts = [f"## {rule.code}", title, *filter(None, [reason])]
    if rule.hint:
        hint = rule.hint.rstrip(".").replace("<", "&lt;")
        parts.append(f"**Fix:** {hint}.")
    example = _example(rule.code)
    if example:
        parts.append(f"```\n{example}\n```")
    return "\n\n".join(parts) + "\n"


def _example(code: str) -> str:
    """Return the first finding of a code in the output that the tests expect, with its hint."""
    for path in (BAD / code / "expected.txt", BAD / f"{code}.txt"):
        if path.exists():
            lines = path.read_text().splitlines()
            first = next(at for at, line in enumerate(lines) if f" {code} " in line)
            hint = [line for line in lines[first + 1 : first + 2] if line.startswith("    ")]
            return "\n".join([lines[first], *hint])
    return ""  # what no single registry shows


if __name__ == "__main__":
    PAGE.write_text(page())
