"""The floor of P4: the listing of a commit, and every kept result decoded; nothing is done with either."""

from __future__ import annotations

import json
import sqlite3
import subprocess

import click


@click.command()
@click.argument("revision")
@click.argument("results")
def main(revision: str, results: str) -> None:
    listing = subprocess.run(["git", "ls-tree", "-r", "-z", revision], check=True, capture_output=True).stdout
    states = {path: head for head, _, path in (each.partition(b"\t") for each in listing.split(b"\0"))}
    rows = sqlite3.connect(results).execute("SELECT * FROM file").fetchall()
    known = {
        path: (state, names.split("\n"), found and json.loads(found))
        for path, state, _, _, names, found, _, _ in rows
    }
    click.echo(f"{len(states)} {len(known)}")


main()
