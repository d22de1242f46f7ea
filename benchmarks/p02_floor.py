"""The floor of P2: a bare click process that reads what a status needs, and does nothing with it."""

from __future__ import annotations

import subprocess

import click

REMOTE = "refs/remotes/origin"
FILES = ("lock.json", "policy/pipeline.json")


@click.command()
@click.argument("environments", nargs=-1)
def main(environments: tuple[str, ...]) -> None:
    names = [f"{REMOTE}/env/{each}:{file}" for each in environments for file in FILES]
    asked = "".join(f"{each}\n" for each in names).encode()
    subprocess.run(["git", "cat-file", "--batch"], input=asked, check=True, capture_output=True)
    listing = ["git", "ls-tree", "-r", "--name-only", f"{REMOTE}/evidence", "evidence/"]
    click.echo(len(subprocess.run(listing, check=True, capture_output=True).stdout))


main()
