"""Where promptctl keeps what it can make again."""

from __future__ import annotations

from collections.abc import Mapping


def cache_directory(platform: str, environ: Mapping[str, str], home: str) -> str:
    """Return the user's cache directory: `PROMPTCTL_CACHE_DIR`, else by the rules of `sys.platform`."""
    if configured := environ.get("PROMPTCTL_CACHE_DIR"):
        return configured
    if platform == "win32":
        return f"{environ.get('LOCALAPPDATA') or home}\\promptctl\\Cache"
    if platform == "darwin":
        return f"{home}/Library/Caches/promptctl"
    named = environ.get("XDG_CACHE_HOME", "")
    # The specification wants relative paths ignored.
    return f"{named if named.startswith('/') else f'{home}/.cache'}/promptctl"
