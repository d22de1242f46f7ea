"""The floor of P7: a bare click process with the same `git log`, which does nothing with what it says."""

from __future__ import annotations

import subprocess

import click


@click.command()
@click.argument("release")
@click.argument("environments", nargs=-1)
def main(release: str, environments: tuple[str, ...]) -> None:
    for heads in ((release,), environments):
        words = ["git", "log", "--first-parent", "--format=raw", *heads, "--"]
        click.echo(len(subprocess.run(words, check=True, capture_output=True).stdout))


main()
