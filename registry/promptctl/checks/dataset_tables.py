"""Rows become cases by their columns.

A row with a value too many, or an unclosed quote, shifts every value after it into the wrong column, and
nobody would notice.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC019",
    "a dataset in CSV is well-formed and has the column id",
    "check the quotes and the commas",
)
