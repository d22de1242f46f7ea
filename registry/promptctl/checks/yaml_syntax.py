"""What the parser cannot read is said in plain words, at the place where it lost its way.

Control characters and the line separators of YAML 1.1 count too, as readers disagree about where lines end
there.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC020",
    "YAML is well-formed",
    "check the indentation, and put text with special characters in quotes",
)
