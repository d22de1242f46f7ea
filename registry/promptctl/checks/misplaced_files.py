"""The folder is the kind, and each kind has its own extension.

A file that is passed over in silence would look released and never be; notes may begin with `_` or be
called `README.md`.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC011", "a folder holds files of its kind", "rename the file, or move it elsewhere")
