"""`promptctl verify`."""

from __future__ import annotations

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import emit, safe, say
from promptctl.core.written import counted
from promptctl.errors import StoppedError, UsageError


@verb
@click.option("--env", "environment", default="", metavar="ENV", help="This environment only.")
@click.option("--all", "everything", is_flag=True, help="Every release tag too, not only what serves.")
def command(context: Context, environment: str, *, everything: bool) -> int:
    """Recompute digests, compare trees, tags and locks, and name everything that is not what was released.

    \b
    promptctl verify
    promptctl verify --env prod
    """
    from promptctl.services.verify.run import verify

    if environment and everything:
        raise UsageError("--env looks at one environment, --all at everything", hint="choose one of them")
    with context.repository() as repository:
        found = verify(repository, environment=environment, everything=everything, now=context.now)
    if context.output == "json":
        violations = [
            {"code": each.code, "where": each.where, "message": each.message} for each in found.violations
        ]
        summary = {
            "environments": list(found.environments),
            "commits": found.commits,
            "releases": found.releases,
            "violations": len(violations),
        }
        emit("verify", {"violations": violations, "summary": summary})
    else:
        for each in found.violations:
            say(context, f"✗ {safe(each.where)}  {each.code}  {safe(each.message)}", fg="red")
        numbers = {
            "environment": len(found.environments),
            "change": found.commits,
            "release": found.releases,
        }
        looked = ", ".join(counted(number, what) for what, number in numbers.items())
        mark = "✗" if found.violations else "✓"
        say(context, f"{mark} {looked} looked at, {counted(len(found.violations), 'violation')}")
    if not found.violations:
        return 0
    if context.output != "json":  # one document on standard output
        raise StoppedError(
            "what is in git is not what was released",
            hint="promptctl history --env ENV shows who moved what",
        )
    return StoppedError.exit_code
