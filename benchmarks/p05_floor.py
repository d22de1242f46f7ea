"""The floor of P5: a click process that imports pydantic and ruamel.yaml, and the git that cannot be spared.

It stores the files of a release and a bundle as large as they, their tree, a commit of it and a tag, and
pushes that, under a name of its own: five processes. It fetches nothing, and asks nobody for a version.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import click
import pydantic  # noqa: F401 - the floor pays for it, as ours does
import ruamel.yaml  # noqa: F401 - likewise


def git(*words: str, stdin: bytes = b"") -> str:
    return (
        subprocess.run(["git", *words], input=stdin, check=True, capture_output=True).stdout.decode().strip()
    )


@click.command()
@click.argument("tag")
@click.argument("paths", nargs=-1)
def main(tag: str, paths: tuple[str, ...]) -> None:
    with tempfile.NamedTemporaryFile() as bundle:
        bundle.write(json.dumps({path: Path(path).read_text() for path in paths}).encode())
        bundle.flush()
        asked = "".join(f"{each}\n" for each in (*paths, bundle.name))
        blobs = git("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=asked.encode()).split()
    names = (*(each.replace("/", "-") for each in paths), "bundle.json")
    lines = (f"100644 blob {blob}\t{name}\n" for name, blob in zip(names, blobs, strict=True))
    tree = git("mktree", stdin="".join(lines).encode())
    commit = git("commit-tree", tree, "-m", f"release {tag}")
    git("tag", "--annotate", "-m", f"release {tag}", tag, commit)
    git("push", "--porcelain", "origin", f"refs/tags/{tag}:refs/tags/{tag}")


main()
