"""A file may cost what it is worth.

Reading stops at the key or value that is one too many.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC028", "YAML has no more than 50,000 nodes", "split the file")
