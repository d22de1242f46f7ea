"""The floor of P3: read every blob, let C parsers pass over it, look once for secrets; nothing more."""

from __future__ import annotations

import json
import subprocess

import click
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # as in promptctl.store.yaml_reader
from ruamel.yaml.events import StreamEndEvent

from promptctl.checks.secrets import find


@click.command()
@click.argument("revision")
def main(revision: str) -> None:
    listing = subprocess.run(["git", "ls-tree", "-r", "-z", revision], check=True, capture_output=True).stdout
    entries = [each.partition(b"\t") for each in listing.split(b"\0") if each]
    asked = b"".join(head[-40:] + b"\n" for head, _, _ in entries)
    blobs = subprocess.run(
        ["git", "cat-file", "--batch"], input=asked, check=True, capture_output=True
    ).stdout
    at = events = secrets = 0
    for _, _, path in entries:
        start = blobs.index(b"\n", at) + 1
        at = start + int(blobs[at:start].rpartition(b" ")[2])
        content = blobs[start:at]
        at += 1
        secrets += sum(1 for _ in find(content))
        if path.endswith(b".jsonl"):
            for line in content.splitlines():
                json.loads(line)
        yaml = _yaml(path, content)
        if yaml:
            parser = CParser(yaml)
            while type(parser.get_event()) is not StreamEndEvent:
                events += 1
    click.echo(f"{len(entries)} {events} {secrets}")


def _yaml(path: bytes, content: bytes) -> bytes:
    """Return what is YAML in a file: all of it, its front matter, or nothing."""
    if path.endswith(b".yaml"):
        return content
    if path.endswith(b".md") and content.startswith(b"---\n"):
        return content[4:].partition(b"\n---\n")[0]
    return b""


main()
