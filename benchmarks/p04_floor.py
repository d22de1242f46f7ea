"""The floor of P4: the listing of a commit, every kept result decoded, and the one file that changed read.

A process that can read a file has a YAML parser and the validator of its kind (docs/adr/0012). Without
the path of that file this is the floor of old, which only lists and decodes.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess

import click


@click.command()
@click.argument("revision")
@click.argument("results")
@click.argument("changed", required=False)
def main(revision: str, results: str, changed: str | None) -> None:
    listing = subprocess.run(["git", "ls-tree", "-r", "-z", revision], check=True, capture_output=True).stdout
    states = {path: head for head, _, path in (each.partition(b"\t") for each in listing.split(b"\0"))}
    rows = sqlite3.connect(results).execute("SELECT fields FROM checked").fetchall()
    known = {}
    for (fields,) in rows:
        path, state, _, _, names, found, _ = fields.split("\0")
        known[path] = (state, names.split("\n"), found and json.loads(found))
    prompt = read(f"{revision}:{changed}") if changed else None
    click.echo(f"{len(states)} {len(known)} {prompt}")


def read(name: str) -> object:
    """Return the settings of a prompt, checked."""
    from pydantic import TypeAdapter
    from ruamel.yaml import YAML

    from promptctl.core.kinds.prompt import Prompt

    content = subprocess.run(["git", "cat-file", "blob", name], check=True, capture_output=True).stdout
    front = content[4:].partition(b"\n---\n")[0]
    return TypeAdapter(Prompt).validate_json(json.dumps(YAML(typ="safe").load(front)), strict=True)


main()
