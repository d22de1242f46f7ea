"""Nothing is converted on the quiet.

Text is never a number, nor a number text: `"7"` is not 7, and `1.10` without quotes has already lost its
zero. A key with nothing after it is no value either.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC042", "values have the right type", "write a value of that type")
