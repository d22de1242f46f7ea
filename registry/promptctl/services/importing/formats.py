"""The formats that can be imported, by the names people type: modules with `read`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from promptctl.services.importing.imported import Imported, Source


@dataclass(frozen=True, slots=True)
class Format:
    """In a folder, the files are taken whose lower-case names end in one of `suffixes`.

    What stands before the suffix is the name; where nothing does (`promptfooconfig.yaml`), the folder's name.
    With `keeps_line_ends` the source has its lines as they are: CR LF means something in it.
    """

    module: str
    about: str
    suffixes: tuple[str, ...]
    keeps_line_ends: bool = False

    def read(self, source: Source) -> Imported:
        """Return what the source becomes. Never raises for bad content: that ends in findings."""
        return cast("Imported", import_module(f"promptctl.services.importing.{self.module}").read(source))


FORMATS = {
    "prompty": Format("prompty", "Prompty v1 and v2", (".prompty",)),
    "dotprompt": Format("dotprompt", "Firebase Genkit's dotprompt", (".prompt",)),
    "github": Format("github", "GitHub Models", (".prompt.yml", ".prompt.yaml")),
    "promptfoo": Format(
        "promptfoo",
        "promptfoo configurations: prompts, tests, assertions",
        ("promptfooconfig.yaml", "promptfooconfig.yml", "promptfooconfig.json"),
    ),
    "langchain": Format("langchain", "LangChain prompts, saved or dumped", (".json", ".yaml", ".yml")),
    "semantic-kernel": Format(
        "semantic_kernel", "Semantic Kernel functions", ("skprompt.txt", ".yaml", ".yml")
    ),
    "text": Format("text", "plain text and Markdown", (".txt", ".md", ".markdown")),
    "csv": Format("csv_table", "a table with one prompt a row", (".csv",), keeps_line_ends=True),
}
