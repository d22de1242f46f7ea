"""When a commit says it was made."""

from __future__ import annotations

import pytest

from promptctl.core.environment import committed_s

HEAD = b"tree 4b825dc6\nauthor A <a@b> 1 +0000\n"


@pytest.mark.parametrize("zone", [b"+0000", b"-1130"])
def test_a_commit_was_made_when_its_committer_says_whatever_the_zone(zone):
    assert committed_s(HEAD + b"committer C > D <c@d> 1700000000 " + zone + b"\n\nwhy\n") == 1_700_000_000


@pytest.mark.parametrize(
    "commit",
    [
        HEAD + b"\nwhy\n",
        HEAD + b"\ncommitter C <c@d> 1700000000 +0000\n",
        HEAD + b"committer C <c@d> 170000000000 +0000\n\nwhy\n",
        b"",
    ],
    ids=["no committer", "in the message alone", "further than a calendar goes", "nothing"],
)
def test_a_commit_that_does_not_say_when_it_was_made_has_no_time(commit):
    assert committed_s(commit) is None
