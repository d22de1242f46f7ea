"""Deep nesting is how a small file exhausts the stack of a parser.

No setting is deeper than a dozen levels; reading stops at the level that is too deep.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC027", "YAML is nested no deeper than 32 levels", "flatten the structure")
