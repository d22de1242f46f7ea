"""A tag asks the parser to build something else than the text says.

With some readers that is an object of a program, which is how YAML files run code.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC022", "YAML has no tags", "remove the tag")
