"""`promptctl hold` and `unhold`, as far as no environment is needed to see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import lock_of, ok, shop


@pytest.mark.parametrize("variable", ["GIT_COMMITTER_EMAIL", "GIT_COMMITTER_NAME"])
def test_a_person_whose_name_is_not_utf8_is_recorded_legibly(tmp_path: Path, variable: str) -> None:
    clone = shop(tmp_path)
    ada = Clone(clone.path, {**clone.environ, variable: "\udcff@x"})
    ok(ada, "hold", "--env", "dev", "--reason", "wrong prices")
    (hold,) = lock_of(clone, "dev")["holds"]
    assert hold["by"] == ("\ufffd@x" if variable.endswith("EMAIL") else "ada@acme.example")
    head = clone.git("log", "-1", "--format=%cn <%ce>", "refs/remotes/origin/env/dev")
    assert "\ufffd@x" in head
