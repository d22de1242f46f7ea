"""Prompts that people really wrote, as files of a registry with every body byte for byte."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.limits import PUBLISH
from promptctl.core.messages import Message, split
from promptctl.core.template.lexer import ENDRAW, OPENER
from promptctl.errors import TemplateError

CORPUS = Path(__file__).parents[3] / "shared/data/awesome-chatgpt-prompts.csv"
SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt of the corpus; `number` counts from 1 without the header."""

    number: int
    title: str
    body: str

    @property
    def name(self) -> str:
        """The name `NNNN-slug`; a title without a Latin letter or digit leaves `NNNN`."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.title.casefold())[:SLUG_LENGTH].strip("-")
        return f"{self.number:04}-{slug}".rstrip("-")

    @property
    def path(self) -> str:
        return f"prompts/{self.name}.md"

    @property
    def file(self) -> str:
        """The prompt file: the title as its description, and the body as its one system message."""
        front = f"description: {json.dumps(self.title)}\n" if self.title else ""
        return f"---\n{front}---\n{protected(self.body)}\n"


def rows() -> list[Row]:
    """Return the corpus in the order of its file."""
    limit = csv.field_size_limit(PUBLISH.file_size_bytes)
    try:
        with CORPUS.open(encoding="utf-8", newline="") as stream:
            return [Row(at, each["act"], each["prompt"]) for at, each in enumerate(csv.DictReader(stream), 1)]
    finally:
        csv.field_size_limit(limit)


def protected(body: str) -> str:
    """Return template source that renders to `body`: the body itself where it is text through and through.

    Otherwise it is put into `raw`, and once more behind the brace of each `{% endraw %}` that it holds.
    """
    if _is_plain(body):
        return body
    cuts = [match.start() + 1 for match in ENDRAW.finditer(body)]
    stretches = zip([0, *cuts], [*cuts, len(body)], strict=True)
    return "".join(f"{{% raw %}}{body[start:end]}{{% endraw %}}" for start, end in stretches)


def _is_plain(body: str) -> bool:
    """Say whether a body holds no tag, nor a line that begins a message."""
    try:
        return split(body + "\n") == (Message("system", body, line=1),) and not OPENER.search(body)
    except TemplateError:
        return False
