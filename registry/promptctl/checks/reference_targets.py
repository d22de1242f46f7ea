"""Judges decide about releases and are never released; what they judge is, and never judges.

A reference that mixes the two would let a prompt grade itself.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC051",
    "a reference names an artifact that may stand there",
    "name an artifact that may stand there",
)
