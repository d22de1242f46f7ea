"""An alias repeats a value that stands elsewhere.

Nine lines of them are a billion values in a parser that follows them, and a reviewer cannot see what an
alias will mean after an edit far above it.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC021", "YAML has no anchors and aliases", "write the value out")
