"""A link or a submodule shows other bytes on every machine.

What a review saw must be what is released, so nothing is followed, waited for or looked up elsewhere.
Whether a file is executable changes no byte and is left alone.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal("PC006", "a file is a regular one, no symlink or submodule", "put the file itself here")
