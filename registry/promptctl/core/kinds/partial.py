"""A partial: template text shared by prompts and context templates, inlined when a bundle is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS


@dataclass(frozen=True)
class Partial:
    """Front matter is optional and only says something about the text."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS
    BODY: ClassVar = "text"

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    text: str = ""
