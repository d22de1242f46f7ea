"""`promptctl unhold`."""

from __future__ import annotations

from promptctl.cli.context import Context, verb
from promptctl.cli.hold import Words, change, options


@verb
@options
def command(context: Context, name: str | None, environment: str, reason: str, *, dry_run: bool) -> None:
    """Take a hold away, so that promotions go on.

    \b
    promptctl unhold support-answer@1.2.0 --env prod --reason "prices are right again"
    promptctl unhold --env prod --reason "incident 4711 is over"
    """
    words = Words("is no longer held", "would be held no longer", "is not held")
    change(context, "unhold", words, name=name, environment=environment, reason=reason, dry_run=dry_run)
