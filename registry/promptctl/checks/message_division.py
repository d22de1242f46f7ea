"""Messages are divided before anything is rendered, so that no value can ever begin one.

That needs every role marker to stand outside of blocks, partials and tags.
"""

from __future__ import annotations

from promptctl.checks.rule import Refusal

RULE = Refusal(
    "PC060",
    "a body divides into messages",
    "write a role marker like `# user:` alone on its line",
)
