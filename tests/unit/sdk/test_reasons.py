from __future__ import annotations

import pytest

from promptctl.sdk.reasons import one_line, printable

ADVICE = """fatal: Could not read from remote repository.
Please make sure you have the correct access rights
and the repository exists."""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "fatal: '/x' does not appear to be a git repository\n" + ADVICE,
            "'/x' does not appear to be a git repository",
        ),
        ("warning: redirecting to y\nfatal: early EOF", "early EOF"),
        ("remote: Not found.\nfatal: repository 'x' not found", "Not found; repository 'x' not found"),
        (ADVICE, "Could not read from remote repository"),
    ],
)
def test_of_what_git_said_the_telling_lines_stay_on_one_line(said, told):
    assert one_line(f"the remote cannot be reached: {said}") == f"the remote cannot be reached: {told}"


@pytest.mark.parametrize("plain", ["git is not installed", "x: y: z"])
def test_a_message_of_ours_stays_as_it_is(plain):
    assert one_line(plain) == plain


@pytest.mark.parametrize(
    "url",
    [
        "https://token@host/x.git",
        "https://ann:p@ss@host/x.git",
        "https://host/x.git",
        "https://a:b@host/x.git",
    ],
)
def test_an_url_is_printed_without_credentials(url):
    assert printable(url) == "https://host/x.git"
