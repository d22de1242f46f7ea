"""Outside of them the number cannot mean what its key says: a share above one, a negative limit."""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC044", "numbers are within their bounds", "choose a number within the bounds")
