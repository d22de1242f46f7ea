"""What the tag and the commit of a release say. The command line and the runtime read them with this alone.

Formats: the page "Exact formats", sections "Release tree and commit" and "JSON we write".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEMA = "promptctl.release/v1"
"""The schema of `release.json`."""

# Git's own kinds of signature, which stand at the end of a tag.
_SIGNATURE = re.compile(
    rb"^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----\n"
    rb"(?:(?!-----)[^\n]*\n)*-----END \1-----\n?\Z",
    re.MULTILINE,
)
_TRAILERS = re.compile(r"^(Source-Commit|Digest): (\S+)$", re.MULTILINE)
# Eleven digits reach the year 5138: every such number is a date.
_TAGGER = re.compile(r"[^<>]*<(?P<email>[^<>]*)> (?P<seconds>[0-9]{1,11}) [+-][0-9]{4}")


@dataclass(frozen=True, slots=True)
class TagText:
    """What stands in a tag object, empty where it does not say.

    `by` is the tagger's e-mail, which nothing vouches for; `seconds` count from 1970, UTC, and are None
    together with an empty `by`. `notes` are without the title, the trailers and a signature.
    """

    commit: str
    name: str
    digest: str
    by: str
    seconds: int | None
    notes: str


def read_tag(content: bytes) -> TagText:
    """Return what a tag object says; what it does not say, or not as it should, is empty."""
    head, _, message = split_signature(content)[0].decode("utf-8", "replace").partition("\n\n")
    # Git takes the first of two lines of one name.
    fields = dict(line.partition(" ")[::2] for line in reversed(head.split("\n")))
    tagger = _TAGGER.fullmatch(fields.get("tagger", ""))
    above, _, _ = message.rstrip("\n").rpartition("\n\n")
    return TagText(
        commit=fields.get("object", ""),
        name=fields.get("tag", ""),
        digest=trailers(content).get("Digest", ""),
        by=tagger["email"] if tagger else "",
        seconds=int(tagger["seconds"]) if tagger else None,
        notes=above.partition("\n\n")[2].strip(),
    )


def trailers(content: bytes) -> dict[str, str]:
    """Return the `Source-Commit` and `Digest` trailers of a release commit or tag: its last paragraph's."""
    said = split_signature(content)[0].decode("utf-8", "replace").rstrip("\n")
    return dict(_TRAILERS.findall(said.rpartition("\n\n")[2]))


def split_signature(content: bytes) -> tuple[bytes, bytes]:
    """Return what a tag says, which is what its signature covers, and the signature; empty without one.

    Only a signature at the very end is one: nothing that is read can stand behind what is signed.
    """
    found = _SIGNATURE.search(content)
    return (content[: found.start()], content[found.start() :]) if found else (content, b"")
