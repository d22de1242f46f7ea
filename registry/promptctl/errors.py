"""The exceptions of promptctl and the exit code of each.

A finding about somebody's file is data (`promptctl.model.findings`); an exception is a refusal. Every
refusal says what, where and why in its message, and in its hint the command or edit that helps.
"""

from __future__ import annotations


class PromptctlError(Exception):
    """A refusal that a person can act on. Exit code 3 when it is none of the classes below."""

    exit_code = 3
    code = "unexpected"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:  # a traceback, which is what the caller of the SDK sees, shows it too
            self.add_note(f"hint: {hint}")


class StoppedError(PromptctlError):
    """Findings, a failed or inconclusive verdict, or a gate that did not pass stopped the command."""

    exit_code = 1
    code = "stopped"


class UsageError(PromptctlError):
    """The words of the command are wrong: an unknown name, ref or environment, a missing variable."""

    exit_code = 2
    code = "usage"


class RefusedError(PromptctlError):
    """The state of the registry does not allow it. Nothing was changed."""

    exit_code = 4
    code = "refused"


class LostRaceError(RefusedError):
    """Somebody else moved the ref first. Nothing was changed; running the command again is safe."""

    code = "lost-race"


class IntegrityError(RefusedError):
    """Bytes are not what their digest, tag or lock says."""

    code = "integrity"


class Unavailable(PromptctlError):  # noqa: N818 - the word the SDK promises to its callers
    """Something outside is needed and cannot be reached."""

    exit_code = 5
    code = "unavailable"


class OutcomeUnknownError(PromptctlError):
    """The connection broke while a ref was being moved, and the remote cannot be read back."""

    exit_code = 6
    code = "outcome-unknown"


class TemplateError(StoppedError):
    """A template that cannot be parsed or rendered.

    `line` and `column` count from 1 within the text that was parsed; 0 where no place is known.
    """

    code = "template"

    def __init__(self, message: str, *, line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class InputError(UsageError):
    """A value given to a prompt's or template's input is missing, unknown or of the wrong kind."""

    code = "input"
