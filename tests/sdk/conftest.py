from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from helpers.environments import Remote

import promptctl

FAST_S = 0.1

Connect = Callable[..., "promptctl.Registry"]


@pytest.fixture(autouse=True)
def _hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


@pytest.fixture
def connect(remote: Remote, tmp_path: Path) -> Iterator[Connect]:
    """Connect to the remote's prod, looking often; handles are closed at the end."""
    with ExitStack() as stack:

        def connected(url: object = None, **options: Any) -> promptctl.Registry:
            usual = {"cache_dir": tmp_path / "cache", "refresh": FAST_S}
            if "pins" not in options:
                usual["environment"] = "prod"
            return stack.enter_context(promptctl.connect(url or remote.url, **{**usual, **options}))

        yield connected
