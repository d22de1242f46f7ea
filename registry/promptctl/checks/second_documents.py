"""Readers that expect one document ignore what stands behind the next `---`.

Settings there would look as if they held.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC026", "a file holds one YAML document", "a file holds one document: remove the '---'")
