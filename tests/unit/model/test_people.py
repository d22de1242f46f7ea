from __future__ import annotations

import pytest

from promptctl.model.people import is_identity, members, person_of

PEOPLE = {"ada": ("ada@acme.example", "github:8928778"), "grace": ("grace@acme.example",)}


@pytest.mark.parametrize(
    "identity",
    [
        "ada@acme.example",
        "Ada@ACME.example",
        "github:8928778",
        "8928778+ada@users.noreply.github.com",
        "8928778+Ada-Renamed@users.noreply.GitHub.com",
    ],
)
def test_all_identities_of_somebody_are_one_person(identity: str) -> None:
    assert person_of(identity, PEOPLE) == "ada"


@pytest.mark.parametrize(
    "identity",
    ["lin@acme.example", "ada@users.noreply.github.com", "github:18928778", "ada"],
)
def test_an_identity_that_nobody_has_is_a_person_of_its_own(identity: str) -> None:
    assert person_of(identity, PEOPLE) == identity


@pytest.mark.parametrize("identity", ["ada@acme.example", "github:1"])
def test_an_email_or_a_number_of_github_is_an_identity(identity: str) -> None:
    assert is_identity(identity)


@pytest.mark.parametrize("identity", ["", "ada", "*@acme.example", "a@b,c@d", "github:ada", "github:0"])
def test_what_can_mean_several_or_nobody_is_no_identity(identity: str) -> None:
    assert not is_identity(identity)


def test_a_group_stands_for_its_members() -> None:
    groups = {"release": ("ada", "grace"), "security": ("ada",)}
    assert members(("security", "lin", "release"), groups) == ("ada", "lin", "grace")
