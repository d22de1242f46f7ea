"""Larger whole numbers lose digits in every reader that uses doubles, and NaN and infinity are no JSON.

An id of nineteen digits is text: in quotes it stays what it is.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC029", "numbers are finite, whole ones at most 2^53−1", "put it in quotes if it is text")
