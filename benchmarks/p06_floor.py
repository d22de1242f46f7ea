"""The floor of P6: a click process that imports pydantic and ruamel.yaml, and the git that cannot be spared.

It fetches what a promotion needs, writes a commit of the same shape (the lock, its record and the page for
people anew, one release put in another's place) and pushes it with a lease, to a branch of its own: six
processes.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import pydantic  # noqa: F401 - the floor pays for it, as ours does
import ruamel.yaml  # noqa: F401 - likewise

BRANCH = "refs/heads/floor/prod"
COPY = "refs/remotes/origin/floor/prod"
FETCHED = (
    "+HEAD:refs/promptctl/origin/HEAD",
    "refs/heads/env/*:refs/remotes/origin/env/*",
    "refs/heads/evidence*:refs/remotes/origin/evidence*",
)
ANEW = ("lock.json", "promotion.json", "README.md")
TREES = ("releases/prompts", "releases", "")


def git(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", *words], input=stdin, check=True, capture_output=True).stdout


def read(names: Sequence[str]) -> list[tuple[str, bytes]]:
    """Return id and bytes of the objects of these names, with one process."""
    answers = git("cat-file", "--batch", stdin="".join(f"{each}\n" for each in names).encode())
    found, at = [], 0
    for _ in names:
        end = answers.index(b"\n", at)
        oid, _, size = answers[at:end].decode().split()
        at = end + 1 + int(size) + 1
        found.append((oid, answers[end + 1 : at - 1]))
    return found


def write(kind: str, contents: Sequence[bytes]) -> list[str]:
    """Store objects of one type, with one process."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory, str(number)) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        words = ("hash-object", "-t", kind, "-w", "--no-filters", "--stdin-paths")
        return git(*words, stdin="".join(f"{each}\n" for each in paths).encode()).decode().split()


def with_id(tree: bytes, name: str, oid: str) -> bytes:
    """Return a tree's bytes with another id in the line of a name."""
    at = tree.index(b" " + name.encode() + b"\0") + len(name) + 2
    return tree[:at] + bytes.fromhex(oid) + tree[at + 20 :]


def tree_id(tree: bytes) -> str:
    return hashlib.sha1(b"tree %d\0%s" % (len(tree), tree)).hexdigest()


@click.command()
@click.argument("name")
@click.argument("release")
def main(name: str, release: str) -> None:
    tags = f"refs/tags/prompts/{name}/v*"
    git("fetch", "--no-tags", "--no-write-fetch-head", "origin", *FETCHED, f"{tags}:{tags}")
    names = [*(f"{COPY}:{path}" for path in (*ANEW, *TREES)), COPY, release]
    *found, (old, commit), (oid, _) = read(names)
    contents = [content for _, content in found]
    blobs = write("blob", [each + b"\n" for each in contents[: len(ANEW)]])
    prompts, folder, root = contents[len(ANEW) :]
    prompts = with_id(prompts, name, oid)
    folder = with_id(folder, "prompts", tree_id(prompts))
    root = with_id(root, "releases", tree_id(folder))
    for path, blob in zip(ANEW, blobs, strict=True):
        root = with_id(root, path, blob)
    write("tree", [prompts, folder, root])
    people = [line for line in commit.split(b"\n") if line.startswith((b"author ", b"committer "))]
    lines = [
        f"tree {tree_id(root)}".encode(),
        f"parent {old}".encode(),
        *people,
        b"",
        f"promote {name}\n".encode(),
    ]
    (new,) = write("commit", [b"\n".join(lines)])
    git("push", "--porcelain", f"--force-with-lease={BRANCH}:{old}", "origin", f"{new}:{BRANCH}")


main()
