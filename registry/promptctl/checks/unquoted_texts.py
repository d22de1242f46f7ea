"""A version without quotes is a number, and loses what makes it a version.

`1.10` is read as 1.1, `0755` as 755, `1e3` as 1000, `+49` as 49. Where text belongs that is an error
(PC042); where anything may stand, as under `metadata` and `filters`, it would be lost in silence. `yes`,
`no`, `on` and `off` are text here, as YAML 1.2 has it, and lose nothing.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC085", "what looks like a version is text", "put it in quotes", "warning")
