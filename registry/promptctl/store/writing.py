"""Files of this user outside of any repository: what the system refuses is told with its path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promptctl.errors import RefusedError


@contextmanager
def refusing(path: Path, *, hint: str = "name a place that you may write to") -> Iterator[None]:
    """Raise `RefusedError` with the path where the system refuses what is done with it in this block."""
    try:
        yield
    except OSError as error:
        raise RefusedError(
            f"{path} cannot be used: {error.strerror or type(error).__name__}", hint=hint
        ) from error
