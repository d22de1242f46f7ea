from __future__ import annotations

import pytest

from promptctl.cli.context import Context
from promptctl.cli.output.progress import Progress


def test_in_a_log_a_line_is_short_keeps_lines_apart_and_comes_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(Context())
    for words in (
        "approvals: 0 of 2\ncould approve: ada",
        "approvals: 0 of 2\ncould approve: ada",
        "x" * 500,
    ):
        progress.show(words)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "approvals: 0 of 2; could approve: ada"
    assert (len(second), second[-1]) == (150, "…")
