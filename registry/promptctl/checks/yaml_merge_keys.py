"""`<<` belongs to YAML 1.1 and is an ordinary key for readers of YAML 1.2.

One file would have two meanings.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC023", "YAML has no merge keys", "write the keys out")
