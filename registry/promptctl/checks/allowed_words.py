"""A mode that no runtime knows would be no mode at all.

The words are those that the formats define.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC043", "words are among those that are allowed", "write one of the words")
