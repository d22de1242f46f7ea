"""JSON leaves open what two equal keys, NaN or huge numbers mean.

Each reader decides for itself, so an evaluation could score other cases than the review saw; here such
lines are refused.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC017",
    "every line of a dataset is one strict JSON object",
    'write one {"name": value, …} a line: double quotes, and no comma behind the last value',
)
