"""Plain text and Markdown: the whole file is the one system message of a prompt, byte for byte."""

from __future__ import annotations

from promptctl.services.importing.imported import Imported, Source
from promptctl.services.importing.writing import prompt_file, protected


def read(source: Source) -> Imported:
    """Return one prompt that renders to the text of the file, without the line end that ends a text file.

    Nothing in the text is read as a template, a role or front matter.
    """
    text = source.text.removesuffix("\n")
    return Imported({f"prompts/{source.name}.md": prompt_file({}, f"{protected(text)}\n")})
