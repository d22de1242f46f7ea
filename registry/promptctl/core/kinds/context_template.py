"""A context template: how retrieved documents become the text of a prompt's `context` input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.inputs import Input
from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS


@dataclass(frozen=True)
class ContextTemplate:
    """`text` is the body of the file as template source (in a bundle: the canonical print)."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS
    BODY: ClassVar = "text"

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    inputs: dict[str, Input] = field(default_factory=dict)
    """What the template is given: usually one input `documents`, the passages that were found."""
    text: str = ""
