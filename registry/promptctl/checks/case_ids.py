"""Verdicts compare two releases case by case, by the id.

Two cases of one id would be taken for each other.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC018", "every case has an id of its own", "give every case an id of its own")
