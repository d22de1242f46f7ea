"""What an application holds: a prompt of one exact version, and the chat that one render gives."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from promptctl.core.bundle import Bundle
    from promptctl.core.kinds.guardrail import Guardrail
    from promptctl.core.kinds.index_manifest import IndexManifest
    from promptctl.core.kinds.oversight_policy import OversightPolicy
    from promptctl.core.kinds.prompt import Model
    from promptctl.core.kinds.rag_config import RagConfig
    from promptctl.core.kinds.tool_policy import ToolPolicy
    from promptctl.core.rendering import CompiledPrompt


class Chat:
    """The messages of one render. Whatever it returns is the caller's own copy."""

    __slots__ = ("_bundle", "_messages", "_version")

    def __init__(self, messages: list[dict[str, Any]], bundle: Bundle, version: str) -> None:
        """Not for applications: `Prompt.render` makes chats."""
        self._messages = messages
        self._bundle = bundle
        self._version = version

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return `[{"role": …, "content": …}, …]`."""
        return _copy(self._messages)  # type: ignore[no-any-return]

    def openai(self) -> dict[str, Any]:
        """Return exactly the keyword arguments of a chat-completions call: model, messages, options under
        their names there, tools, and `response_format` where the prompt names outputs.
        """
        from promptctl.core.options import openai_arguments

        return _copy(openai_arguments(self._bundle.body, self._messages))  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        # What customers wrote stays out of logs.
        count = len(self._messages)
        words = "1 message" if count == 1 else f"{count} messages"
        return f"<Chat of {self._bundle.root} {self._version}: {words}>"


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """One released prompt, compiled. Frozen, and safe to share between threads and to keep.

    `environment` is empty for a version that was asked for by number, by `pins` or `fetch`: no environment
    decides what it is. What it uses (`rag_config` and so on)
    comes typed, as the caller's own copy, and is None where the prompt names none.
    """

    address: str
    version: str
    digest: str
    environment: str
    _bundle: Bundle = field(repr=False)
    _compiled: CompiledPrompt = field(repr=False)

    @property
    def name(self) -> str:
        """Return the address without its folder."""
        return self.address.partition("/")[2]

    def render(self, /, **values: Any) -> Chat:
        """Return the messages for these inputs.

        Raises `InputError` for an input that is unknown, missing or of another kind, and `TemplateError`
        where the template cannot print a value.
        """
        return Chat(self._compiled.messages(values), self._bundle, self.version)

    def context(self, documents: Iterable[Mapping[str, Any]]) -> str:
        """Return the text of retrieved documents, cut as the RAG config says and laid out by the context
        template: what the input `context` of `render` takes.

        `documents` is a list of mappings, best first, each with the fields that the context template
        declares, such as `{"id": "kb-12", "title": "Returns", "content": "Within 30 days …", "score": 0.83}`.
        Further fields do no harm. `title` and `content` count for the RAG config's `max_tokens`, `score` for
        its `score_threshold`; a document without a score passes that.

        Raises `InputError` where the prompt names no context template, and for a document that does not fit
        it, by index and field: `documents[1]: 'doc.content' is not defined`.
        """
        return self._compiled.context(documents)

    @property
    def model(self) -> Model | None:
        """Return which model answers, with its options."""
        from promptctl.core.kinds import build
        from promptctl.core.kinds.prompt import Model

        body = self._bundle.body.get("model")
        return build(Model, _copy(body)) if body else None

    @property
    def rag_config(self) -> RagConfig | None:
        """Return the retrieval settings."""
        return self._used("rag_config")  # type: ignore[no-any-return]

    @property
    def index_manifest(self) -> IndexManifest | None:
        """Return what the RAG config's index was built from."""
        config = self._bundle.artifacts.get(self._uses("rag_config"), {})
        return self._typed("index_manifest", config.get("index"))  # type: ignore[no-any-return]

    @property
    def guardrails(self) -> tuple[Guardrail, ...]:
        """Return the guardrails in the prompt's order."""
        return tuple(self._typed("guardrail", each) for each in self._uses("guardrails") or ())

    @property
    def tool_policies(self) -> tuple[ToolPolicy, ...]:
        """Return the tool policies in the prompt's order."""
        return tuple(self._typed("tool_policy", each) for each in self._uses("tool_policies") or ())

    @property
    def oversight_policy(self) -> OversightPolicy | None:
        """Return where the agent acts alone and where a person decides."""
        return self._used("oversight_policy")  # type: ignore[no-any-return]

    def _uses(self, field_name: str) -> Any:
        return self._bundle.body.get("uses", {}).get(field_name)

    def _used(self, kind: str) -> Any:
        return self._typed(kind, self._uses(kind))

    def _typed(self, kind: str, address: str | None) -> Any:
        from promptctl.core.kinds import load

        return None if address is None else load(kind, _copy(self._bundle.artifacts[address]))


def require_types(prompt: Prompt) -> None:
    """Read everything that `prompt` uses as its type, as a caller may; raises whatever that raises."""
    for name in ("model", "rag_config", "index_manifest", "guardrails", "tool_policies", "oversight_policy"):
        getattr(prompt, name)


def _copy(value: Any) -> Any:
    """Return a copy of plain JSON."""
    if type(value) is dict:
        return {key: _copy(each) for key, each in value.items()}
    if type(value) is list:
        return [_copy(each) for each in value]
    return value
