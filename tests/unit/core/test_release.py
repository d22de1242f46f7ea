"""What the tags of releases say, as the command line and the runtime read them."""

from __future__ import annotations

import pytest

from promptctl.core.release import TagText, read_tag, trailers
from promptctl.core.versions import Version
from promptctl.model.release import tag_bytes

TAGGER = b"tagger Ada L <ada@acme.example> 1700000000 +0530"


def tag(notes: str, tagger: bytes = TAGGER) -> bytes:
    return tag_bytes(
        commit="c",
        address="prompts/x",
        version=Version(1, 0, 0),
        digest="sha256:ab",
        tagger=tagger,
        notes=notes,
    )


SIGNATURES = [
    "",
    "-----BEGIN SSH SIGNATURE-----\nU1NI+/=\n-----END SSH SIGNATURE-----\n",
    "-----BEGIN PGP SIGNATURE-----\nVersion: 2 (Linux)\n\niQEz\n\n=abcd\n-----END PGP SIGNATURE-----\n",
    "-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n",
]
NOTES = [
    "",
    "two\n\nparagraphs",
    "Digest: sha256:cd",
    "Digest: sha256:cd\n\nmore",
    "-----BEGIN PGP SIGNATURE-----",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    SIGNATURES[2].strip(),
]


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("notes", NOTES)
def test_notes_and_digest_are_those_written_whatever_notes_and_signature_hold(
    notes: str, signature: str
) -> None:
    found = read_tag(tag(notes) + signature.encode())
    assert found == TagText("c", "prompts/x/v1.0.0", "sha256:ab", "ada@acme.example", 1_700_000_000, notes)
    assert trailers(tag(notes) + signature.encode()) == {"Digest": "sha256:ab"}


@pytest.mark.parametrize(
    "tagger",
    [
        b"tagger",
        b"tagger Ada",
        b"tagger <a@b> 99999999999999 +0000",
        b"tagger <a@b> -5 +0000",
        b"tagger <a@b> x +0000",
    ],
)
def test_a_tagger_that_cannot_be_read_is_nobody_at_no_time(tagger: bytes) -> None:
    found = read_tag(tag("", tagger))
    assert (found.by, found.seconds, found.digest) == ("", None, "sha256:ab")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", b"object", b"tag x\n\nDigest: "])
def test_what_is_no_tag_names_no_digest(content: bytes) -> None:
    assert read_tag(content).digest == ""


def test_of_two_lines_of_one_name_the_first_counts_as_in_git() -> None:
    assert read_tag(b"object one\nobject two\n\n").commit == "one"
