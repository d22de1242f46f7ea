"""A misspelt key that is ignored is a guardrail that is not there.

So nothing is: what this version does not know is refused, with the key that may be meant.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC040", "keys are known", "remove the key, or put it under metadata")
