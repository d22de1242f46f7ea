"""`python -m promptctl`, and the `promptctl` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    import gc

    gc.set_threshold(50_000)  # thousands of small objects are read before any of them is rubbish
    from promptctl.cli.main import run

    _leave(run())


def _leave(code: int) -> None:
    """End the process at once: giving every object back one by one takes a tenth of a short command."""
    import atexit
    import os
    import sys

    if sys.modules.get("threading") and sys.modules["threading"].active_count() > 1:
        raise SystemExit(code)
    try:
        atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for what an exit runs
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # whoever read this has gone: as Python says it
        raise SystemExit(code) from None
    os._exit(code)


if __name__ == "__main__":
    main()
