"""Reading the mappings of foreign files: what was asked for is carried over, all the rest is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from promptctl.model.document import Document, Path, Place, spelled
from promptctl.model.findings import FINDINGS_PER_FILE, Finding
from promptctl.services.importing.imported import LEFT_OUT, UNREADABLE, WOULD_RUN, Source

_CALLED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
}
_RESOLVED = ("${env:", "${file:", "${ENV:", "${FILE:")


class Fields:
    """A mapping of a foreign file. Its keys are asked for one by one; `rest` reports those that never were.

    All mappings of one file share its `findings`.
    """

    def __init__(
        self, source: Source, document: Document, path: Path = (), findings: list[Finding] | None = None
    ) -> None:
        self.source = source
        self.findings: list[Finding] = [] if findings is None else findings
        self._document = document
        self._path = path
        self._asked: set[str] = set()
        value: Any = document.value
        for step in path:
            value = value[step]
        self.is_mapping: bool = value is None or isinstance(value, dict)
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not self.is_mapping:
            message = f"keys and values are expected, found {_CALLED[type(value)]}"
            self._add(source.error(self.place(), UNREADABLE, message, "is it another format?"))

    def get(self, key: str, kind: type, *others: type) -> Any:
        """Return the value of a key; None where it is missing, or is of none of the kinds, which is said.

        What is to be read from the environment or another file is an error, and None.
        """
        self._asked.add(key)
        value = self.value.get(key)
        if value is None:
            return None
        if type(value) not in (kind, *others) and not (type(value) is int and kind is float):
            message = f"`{self.spelled(key)}` is {_CALLED[type(value)]}, expected {_CALLED[kind]}"
            self.warning(key, LEFT_OUT, f"{message}: it was left out", "")
            return None
        if isinstance(value, str) and value.startswith(_RESOLVED):
            self.would_read(key)
            return None
        return value

    def below(self, key: str) -> Fields | None:
        """Return the mapping under a key; None where there is none."""
        return None if self.get(key, dict) is None else self.at(key)

    def each(self, key: str) -> Iterator[Fields]:
        """Yield the mappings in the list under a key; anything else in it is said."""
        for index, value in enumerate(self.get(key, list) or ()):
            if isinstance(value, dict):
                yield self.at(key, index)
            else:
                self.warning(key, LEFT_OUT, f"`{self.spelled(key, index)}` is no mapping: left out", "")

    def at(self, *steps: str | int) -> Fields:
        """Return the mapping that stands there."""
        return Fields(self.source, self._document, (*self._path, *steps), self.findings)

    def place(self, *steps: str | int) -> Place:
        """Return where a value stands; without steps, the mapping itself."""
        return self._document.place((*self._path, *steps))

    def spelled(self, *steps: str | int) -> str:
        """Return a key with all that leads to it: `model.connection`."""
        return spelled((*self._path, *steps))

    def has(self, key: str) -> bool:
        """Say whether a key is there."""
        return self.value.get(key) is not None

    def left_out(self, key: str, hint: str, why: str = "") -> None:
        """Say that a key is not carried over."""
        self._asked.add(key)
        if self.has(key):
            because = f": {why}" if why else ""
            self.warning(key, LEFT_OUT, f"`{self.spelled(key)}` was left out{because}", hint)

    def rest(self, hint: str = "") -> None:
        """Say of every key that was not asked for that it was left out."""
        for key in self.value:
            if key not in self._asked:
                self.left_out(
                    key, hint or "promptctl has no place for it; metadata can hold what people read"
                )

    def would_read(self, key: str) -> None:
        """Say that a value was to come from elsewhere."""
        message = f"`{self.spelled(key)}` would be read from the environment or a file: it was left out"
        self.error(
            key,
            WOULD_RUN,
            message,
            "write the value itself; keys of an API are named in promptctl.yaml: api_key_env",
        )

    def warning(self, key: str | int, code: str, message: str, hint: str) -> None:
        """Say something of a key."""
        self._add(self.source.warning(self.place(key), code, message, hint))

    def error(self, key: str | int, code: str, message: str, hint: str) -> None:
        """Say what is wrong with a key."""
        self._add(self.source.error(self.place(key), code, message, hint))

    def _add(self, finding: Finding) -> None:
        # Hostile files have many things to say.
        if len(self.findings) < 5 * FINDINGS_PER_FILE:
            self.findings.append(finding)


def resolved_elsewhere(value: Any) -> bool:
    """Say whether anything inside a value would be read from the environment or a file."""
    if isinstance(value, str):
        return any(each in value for each in _RESOLVED)
    inner: Sequence[Any] = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return any(resolved_elsewhere(each) for each in inner)
