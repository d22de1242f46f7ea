"""What only looks like a role marker begins no message: it is silently text of the message above.

The model would read the line `# usr:` in the system message, and all below it as instructions. Headings that
are words of their own, like `# Tools:`, stay what they are, and so does everything between raw tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.core.messages import ROLES
from promptctl.core.suggest import nearest
from promptctl.core.template.lexer import TEXT, Source, pieces
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry

# Blanks are taken for good: given back one by one, a long line of them would take quadratic time.
_LINE = re.compile(
    r"^[ \t]*+(?P<line>(?P<signs>\#{1,6})[ \t]*+(?P<word>[a-z]{2,12})[ \t]*+:(?=[ \t]*+$)"
    r"|<\|im_start\|>[ \t]*+(?P<chat>[a-z]{2,12}))",
    re.MULTILINE | re.IGNORECASE | re.ASCII,
)
_OTHER_WORDS = {
    "usr": "user",
    "human": "user",
    "ai": "assistant",
    "assistent": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function": "tool",
    "sys": "system",
}
_HEADINGS = frozenset(("use",))


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    text = registry.sources[prompt.path].decode()
    for match in _lines(text, prompt.body_line):
        start = match.start("line")
        place = Place(text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        message = f"`{match['line']}` begins no message: it is text like the lines around it"
        hint = f"write `# {_role(match)}:` alone on its line, or put the text between raw tags"
        yield Problem(prompt.path, place, message, hint)


def _lines(text: str, body_line: int) -> Iterator[re.Match[str]]:
    """Yield every line of the body that may mean a role, outside of tags, comments and raw."""
    start = len(text) - len(text.split("\n", body_line - 1)[-1])
    matches = [each for each in _LINE.finditer(text, start) if _role(each)]
    if not matches:
        return
    texts = [
        (start + each.start, start + each.end) for each in pieces(Source(text[start:])) if each.kind == TEXT
    ]
    at = 0
    for match in matches:
        while at < len(texts) and texts[at][1] <= match.start("line"):
            at += 1
        if at < len(texts) and texts[at][0] <= match.start("line"):
            yield match


def _role(match: re.Match[str]) -> str:
    """Return the role that a line may mean; empty where it is a marker, or a heading like any other."""
    if match["chat"]:
        word = match["chat"].lower()
        return word if word in ROLES else _OTHER_WORDS.get(word, "")
    word = match["word"].lower()
    if word in ROLES:
        return word if len(match["signs"]) > 1 else ""
    return _OTHER_WORDS.get(word) or _slip(word)


def _slip(word: str) -> str:
    """Return the role of which a letter is left out, doubled or moved, or nothing.

    Words that are only like a role are headings: Total, Usage, Customer, Reuse.
    """
    role = nearest(word, ROLES) or ""
    is_slip = role[:1] == word[:1] and set(word) <= set(role) and abs(len(word) - len(role)) <= 1
    is_heading = word in _HEADINGS or word.endswith("s")
    return role if is_slip and not is_heading else ""


RULE = Rule(
    "PC087",
    "a line that looks like a role marker is one",
    "write a role marker like `# user:` alone on its line, or put the text between raw tags",
    "warning",
    kinds=("prompt",),
    find=_find,
)
