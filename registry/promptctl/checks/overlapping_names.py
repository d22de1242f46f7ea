"""What differs in case or normalisation only is one file on macOS and Windows.

A name that is also a folder would be a file and a directory at once in the tree of a release.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC010",
    "names differ in more than case, and none is a folder of another",
    "rename one of the two",
)
