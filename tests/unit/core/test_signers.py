"""The lines of `allowed_signers` and `revoked_keys`: one key, one person, or nothing at all."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.keys import Key, make_key

from promptctl.core.signers import is_principal, parse, parse_revoked, public_key


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return make_key(tmp_path_factory.mktemp("keys") / "key")


def test_a_line_says_whose_key_it_is_and_for_what_and_how_long(key: Key) -> None:
    options = 'namespaces="git,promptctl",valid-after="20260102Z",valid-before="202701020304Z"'
    found = parse(f"# all of us\n\n  {key.line(options=options)}".encode())
    (ada,) = found.keys
    assert (found.problems, ada.line, ada.principal) == ((), 3, "ada@acme.example")
    assert ada.key == public_key(key.public)
    assert ada.namespaces == ("git", "promptctl")
    assert ada.valid_after == datetime(2026, 1, 2, tzinfo=UTC)
    assert ada.valid_before == datetime(2027, 1, 2, 3, 4, tzinfo=UTC)


def test_a_key_is_nobodys_or_one_persons(key: Key) -> None:
    known = public_key(key.public)
    assert known is not None
    twice = parse((key.line() + key.line(options='valid-before="20250101"')).encode())
    assert twice.principal_of(known) == "ada@acme.example"
    assert parse((key.line() + key.line("bob@acme.example")).encode()).principal_of(known) is None
    assert parse(b"").principal_of(known) is None


@pytest.mark.parametrize(
    "principal",
    [
        "ada@acme.example",
        "Ada.L+git@acme-2.example",
        "123+dependabot[bot]@users.noreply.github.com",
        "github-actions@localhost",
    ],
)
def test_an_exact_email_is_a_principal(principal: str) -> None:
    assert is_principal(principal)


@pytest.mark.parametrize(
    "principal",
    [
        *("", "ada", "@acme.example", "ada@", "ada@acme..example", "ada@@acme.example", "ada@acme.example."),
        *(
            "*",
            "*@acme.example",
            "a?a@acme.example",
            "!ada@acme.example",
            "ada@acme.example,bob@acme.example",
        ),
        *('"ada@acme.example"', "ada@acme.example\u200b", "\u0430da@acme.example", "ada @acme.example"),
        *("ada@acme.example\n", "ada\\@acme.example", f"{'a' * 250}@acme.example"),
    ],
)
def test_anything_else_is_none(principal: str) -> None:
    assert not is_principal(principal)


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("ada@acme.example", 17, "a key is its type and its text"),
        ("ada@acme.example ssh-ed25519", 18, "a key is its type and its text"),
        ("ada@acme.example ssh-ed25519 AAAA", 30, "damaged or cut off"),
        ("ada@acme.example ssh-ed25519 ä", 30, "damaged or cut off"),
        ('ada@acme.example namespaces="git KEY', 29, "never closed"),
        ('ada@acme.example" KEY', 17, "never closed"),
        ("ada@acme.example\u00a0KEY", 1, "not an e-mail"),
        ("ada@acme.example zoo KEY", 18, "no option 'zoo'"),
        ("ada@acme.example namespaces KEY", 18, "has no value"),
        ('ada@acme.example namespaces="" KEY', 18, "whole words"),
        ('ada@acme.example namespaces="git",,valid-before="2027" KEY', 35, "options look like"),
        ('ada@acme.example valid-before="2027" KEY', 18, "valid-before is a time in UTC"),
        ('ada@acme.example valid-after="20261301Z" KEY', 18, "valid-after is a time in UTC"),
        ('ada@acme.example valid-after="20260101" valid-before="20270101" KEY', 18, "no type known here"),
        ("KEY", 1, "names nobody"),
    ],
)
def test_what_is_not_exactly_a_line_allows_nobody_and_says_where(
    key: Key, line: str, column: int, said: str
) -> None:
    found = parse(f"\n{line.replace('KEY', key.public)}\n".encode())
    assert found.keys == ()
    (problem,) = found.problems
    assert (problem.line, problem.column) == (2, column)
    assert said in problem.message


def test_a_short_rsa_key_is_refused(tmp_path: Path) -> None:
    short = make_key(tmp_path / "short", "-t", "rsa", "-b", "1024")
    (problem,) = parse(short.line().encode()).problems
    assert "has 1,024 bits" in problem.message


def test_a_key_of_one_type_is_not_taken_for_another(tmp_path: Path, key: Key) -> None:
    kind, text = make_key(tmp_path / "other", "-t", "ecdsa").public.split()
    for wrong in (f"ssh-ed25519 {text}", f"{kind} {key.public.split()[1]}", f"ssh-rsa {text}"):
        assert public_key(wrong) is None
    assert public_key(f"{kind} {text}") is not None


def test_revoked_keys_are_keys_alone(key: Key) -> None:
    keys, problems = parse_revoked(f"# lost\n{key.public} comment\n{key.line()}".encode())
    assert [line for line, _ in keys] == [2]
    assert [each.line for each in problems] == [3]


def test_no_bytes_make_the_reader_fail_or_name_somebody_new(key: Key) -> None:
    chance = random.Random(4)
    line = key.line(options='namespaces="git,promptctl",valid-before="20270101Z"').encode()
    for _ in range(3_000):
        content = bytearray(line)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(3)] = bytes(chance.choices(b'\x00 "\t,*!@=\n\xff#a', k=2))
        found = parse(bytes(content))
        assert all(is_principal(each.principal) for each in found.keys)
        assert all(each.line and each.column and each.message for each in found.problems)


def test_the_line_that_the_page_shows_is_a_good_one() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/signing.md").read_text()
    shown = next(each for each in page.splitlines() if each.startswith("ada@acme.example "))
    (ada,) = parse(shown.encode()).keys
    assert ada.namespaces == ("git", "promptctl")
