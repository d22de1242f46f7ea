"""The formats that can be exported to, by the name people type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from promptctl.services.exporting.exported import Exported, Subject


@dataclass(frozen=True, slots=True)
class Format:
    """`module` has `write(Subject) -> Exported`; without one the messages are rendered from inputs."""

    about: str
    module: str = ""

    def write(self, subject: Subject) -> Exported:
        """Return the prompt as a file of this format."""
        made: Callable[[Subject], Exported] = import_module(
            f"promptctl.services.exporting.{self.module}"
        ).write
        return made(subject)


FORMATS = {
    "prompty": Format("Prompty v2, partials inlined", "prompty"),
    "promptfoo": Format("a promptfoo configuration, with the cases of its suites", "promptfoo"),
    "messages": Format("the rendered chat messages as JSON"),
}
