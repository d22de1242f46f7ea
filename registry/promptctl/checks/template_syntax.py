"""What is checked is what renders: one small language, one parser.

Tags that it does not have are refused instead of printed, partials are inlined and must not include
themselves.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC061", "a template can be parsed", "see the template language in docs/reference/formats.md")
