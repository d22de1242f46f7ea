"""One cache directory for the command line and the SDK, by the rules of each platform."""

from __future__ import annotations

import pytest

from promptctl.core.places import cache_directory


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/promptctl"),
        ("linux", {"XDG_CACHE_HOME": "/var/cache"}, "/var/cache/promptctl"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/promptctl"),
        ("darwin", {"XDG_CACHE_HOME": "/var/cache"}, "/home/ada/Library/Caches/promptctl"),
        ("win32", {"LOCALAPPDATA": "C:\\Local"}, "C:\\Local\\promptctl\\Cache"),
        ("darwin", {"PROMPTCTL_CACHE_DIR": "/somewhere"}, "/somewhere"),
    ],
)
def test_the_cache_is_where_the_platform_wants_it(
    platform: str, environ: dict[str, str], expected: str
) -> None:
    assert cache_directory(platform, environ, "/home/ada") == expected
