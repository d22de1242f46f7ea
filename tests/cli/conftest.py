"""Registries that the tests of several verbs read; who changes one makes his own."""

from __future__ import annotations

import pytest
from helpers.cli import Desk, make_desk, make_history


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A registry with releases: greeting 1.0.0 serves prod, 1.1.0 serves dev. Read only."""
    made = make_desk(tmp_path_factory.mktemp("desk"))
    make_history(made)
    return made
