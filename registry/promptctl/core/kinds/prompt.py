"""A prompt: Prompty v2 front matter under the strict profile, and the messages of its body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from promptctl.core.kinds.inputs import Input, Output
from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds, forbid_unknown_keys, reference


@dataclass(frozen=True)
class ModelOptions:
    """Options under Prompty's names; `promptctl.core.options` has their names at each provider."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    temperature: float | None = field(default=None, metadata=bounds(0, 2))
    """How much chance there is in the answer, from 0 to 2."""
    topP: float | None = field(default=None, metadata=bounds(0, 1))
    """The share of likely words that is drawn from, from 0 to 1."""
    maxOutputTokens: int | None = field(default=None, metadata=bounds(1))
    """The longest answer, in tokens."""
    seed: int | None = None
    """Makes answers repeatable where the provider can."""
    stopSequences: tuple[str, ...] = ()
    """Texts at which the answer ends."""
    frequencyPenalty: float | None = field(default=None, metadata=bounds(-2, 2))
    """How much words that were used often are avoided, from -2 to 2."""
    presencePenalty: float | None = field(default=None, metadata=bounds(-2, 2))
    """How much words that were used at all are avoided, from -2 to 2."""


@dataclass(frozen=True)
class Model:
    """Which model answers. Base URLs and keys belong to the environment, never to a prompt."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    """The model's name at its provider."""
    provider: str = ""
    """Who answers: a provider of promptctl.yaml, or one that the application knows."""
    apiType: Literal["chat"] = "chat"
    """How the model is asked."""
    options: ModelOptions = field(default_factory=ModelOptions)
    """How it answers."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask for. `parameters` is a JSON Schema object."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    """The name by which the model asks for it."""
    kind: Literal["function"] = "function"
    """What kind of tool it is."""
    description: str = ""
    """What it does; the model reads this."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """What it is given, as a JSON Schema object."""
    strict: bool = False
    """Whether the model must keep to the parameters exactly, where the provider can."""


@dataclass(frozen=True)
class Uses:
    """The artifacts that a prompt is released together with: what stands under `promptctl:`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    rag_config: str | None = field(default=None, metadata=reference("rag_config"))
    """How documents are retrieved for the input `context`."""
    context_template: str | None = field(default=None, metadata=reference("context_template"))
    """How those documents become text."""
    guardrails: tuple[str, ...] = field(default=(), metadata=reference("guardrail"))
    """What may not come in, be said or leave, in this order."""
    tool_policies: tuple[str, ...] = field(default=(), metadata=reference("tool_policy"))
    """Which tools may be called, in this order."""
    oversight_policy: str | None = field(default=None, metadata=reference("oversight_policy"))
    """Where a person decides."""


@dataclass(frozen=True)
class Message:
    """One message as template source (in a bundle: the canonical print), or the place of a thread."""

    role: str = ""
    text: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Prompt:
    """What is released. `messages` come from the body of the file, everything else from its front matter."""

    KEYS: ClassVar = {"promptctl": "uses"}
    __pydantic_config__: ClassVar[dict[str, object]] = forbid_unknown_keys(KEYS)
    BODY: ClassVar = "messages"

    name: str = field(default="", metadata=ABOUT)
    """A name for people; the file's path is the one that counts."""
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    model: Model | None = None
    """Which model answers, and how."""
    inputs: dict[str, Input] = field(default_factory=dict)
    """What the application fills in, by name."""
    outputs: dict[str, Output] = field(default_factory=dict)
    """The fields of a structured answer, in the order in which they are generated."""
    tools: tuple[Tool, ...] = ()
    """Functions that the model may ask for."""
    uses: Uses = field(default_factory=Uses)
    """The artifacts that this prompt is released together with."""
    messages: tuple[Message, ...] = ()
