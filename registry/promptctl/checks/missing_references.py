"""A release is closed: everything that it names is in it.

A name that leads nowhere would be a policy that nobody applies.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC052", "a reference names an artifact that exists", "add the file, or remove the name")
