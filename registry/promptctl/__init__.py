"""promptctl: release management for the behaviour of LLM systems.

`connect` is the way in for applications. Names are loaded on first use, so that the command line does not pay
for the runtime, nor the runtime for the command line.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptctl.errors import InputError, PromptctlError, Unavailable, UsageError
    from promptctl.sdk.client import Registry, connect
    from promptctl.sdk.prompt import Chat, Prompt
    from promptctl.sdk.status import Status

    __version__: str

__all__ = [
    "Chat",
    "InputError",
    "Prompt",
    "PromptctlError",
    "Registry",
    "Status",
    "Unavailable",
    "UsageError",
    "__version__",
    "connect",
]

_HOMES = {
    "Chat": "promptctl.sdk.prompt",
    "InputError": "promptctl.errors",
    "Prompt": "promptctl.sdk.prompt",
    "PromptctlError": "promptctl.errors",
    "Registry": "promptctl.sdk.client",
    "Status": "promptctl.sdk.status",
    "Unavailable": "promptctl.errors",
    "UsageError": "promptctl.errors",
    "connect": "promptctl.sdk.client",
}


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        from importlib.metadata import version

        value = version("promptctl-registry")
    elif name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'promptctl' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
