"""Where settings end and text begins must be one place for every reader.

A file that begins with the line `---` has front matter; anything looser, as some tools take it, turns
settings into text that a model reads.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC015",
    "front matter ends with a line that is exactly ---",
    "close it with a line that is exactly ---",
)
