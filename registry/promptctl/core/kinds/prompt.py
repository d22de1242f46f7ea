"""A prompt: Prompty v2 front matter under the strict profile, and the messages of its body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from promptctl.core.kinds.inputs import Input, Output
from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds, reference


@dataclass(frozen=True)
class ModelOptions:
    """Options under Prompty's names; `promptctl.core.options` has their names at each provider."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    temperature: float | None = field(default=None, metadata=bounds(0, 2))
    topP: float | None = field(default=None, metadata=bounds(0, 1))
    maxOutputTokens: int | None = field(default=None, metadata=bounds(1))
    seed: int | None = None
    stopSequences: tuple[str, ...] = ()
    frequencyPenalty: float | None = field(default=None, metadata=bounds(-2, 2))
    presencePenalty: float | None = field(default=None, metadata=bounds(-2, 2))


@dataclass(frozen=True)
class Model:
    """Which model answers. Base URLs and keys belong to the environment, never to a prompt."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    provider: str = ""
    apiType: Literal["chat"] = "chat"
    options: ModelOptions = field(default_factory=ModelOptions)


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask for. `parameters` is a JSON Schema object."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    kind: Literal["function"] = "function"
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    strict: bool = False


@dataclass(frozen=True)
class Uses:
    """The artifacts that a prompt is released together with: what stands under `promptctl:`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    rag_config: str | None = field(default=None, metadata=reference("rag_config"))
    context_template: str | None = field(default=None, metadata=reference("context_template"))
    guardrails: tuple[str, ...] = field(default=(), metadata=reference("guardrail"))
    tool_policies: tuple[str, ...] = field(default=(), metadata=reference("tool_policy"))
    oversight_policy: str | None = field(default=None, metadata=reference("oversight_policy"))


@dataclass(frozen=True)
class Message:
    """One message as template source (in a bundle: the canonical print), or the place of a thread."""

    role: str = ""
    text: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Prompt:
    """What is released. `messages` come from the body of the file, everything else from its front matter."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS
    KEYS: ClassVar = {"promptctl": "uses"}
    BODY: ClassVar = "messages"

    name: str = field(default="", metadata=ABOUT)
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    model: Model | None = None
    inputs: dict[str, Input] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    uses: Uses = field(default_factory=Uses)
    messages: tuple[Message, ...] = ()
