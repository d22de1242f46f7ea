"""Without it the artifact has no meaning, and a default nobody chose would be worse."""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC041", "required keys are given", "add the key")
