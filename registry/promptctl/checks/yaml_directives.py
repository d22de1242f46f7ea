"""A `%YAML` or `%TAG` line changes what the rest of the file means.

Files here are YAML 1.2 with nothing changed.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC030", "YAML has no directives", "remove the lines that begin with %")
