"""Forgeries: whoever may push to `evidence` may write anything there, and nothing of it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from helpers.experiments import experiment
from helpers.forging import Files, Forger, place, signature, signed
from helpers.keys import Key, make_key
from helpers.repositories import hermetic_environ, make_repository

from promptctl.model.evidence import Experiment
from promptctl.model.statements import Approval, Revocation, Waiver, name_of
from promptctl.store import evidence
from promptctl.store.evidence import Found, folder_of
from promptctl.store.repository import Repository
from promptctl.store.signers import Signers

ADDRESS, DIGEST = "prompts/ask", "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
TWIN = "sha256:" + "a" * 12 + "c" * 52
ADA, BOB, EVE = "ada@acme.example", "bob@acme.example", "eve@acme.example"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
APPROVAL = Approval(ADDRESS, "1.1.0", DIGEST, "prod", ADA, "2026-11-22T10:00:00Z", "read it")
WAIVER = Waiver(ADDRESS, "1.1.0", DIGEST, "prod", "soak", ADA, "2026-11-22T10:00:00Z", "urgent")
EXPERIMENT = experiment(ADDRESS, DIGEST)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {each: make_key(folder / each) for each in (ADA, BOB, EVE)}


@dataclass(frozen=True)
class Branch:
    """An evidence branch that anybody writes, and what counts of it."""

    forger: Forger
    repository: Repository
    keys: dict[str, Key]

    def put(self, files: Files) -> None:
        self.forger.commit(files)

    @property
    def head(self) -> str:
        return self.forger.clone.git("rev-parse", self.forger.head)

    def find(
        self, *, digest: str = DIGEST, allowed: str | None = None, revoked: str = "", now: datetime = NOW
    ) -> Found:
        lines = "".join(self.keys[each].line(each) for each in (ADA, BOB)) if allowed is None else allowed
        signers = Signers(lines.encode(), revoked.encode(), self.repository.git.environ)
        return evidence.find(self.repository, ADDRESS, digest, signers, now=now)

    def revoke(self, name: str, by: str, at: str = "2026-11-22T11:00:00Z", digest: str = DIGEST) -> str:
        """Put a signed revocation of a statement there; return its name."""
        revocation = Revocation(ADDRESS, digest, name, by, at, "no")
        self.put(signed(revocation, self.keys[by]))
        return name_of(revocation.to_bytes())


@pytest.fixture
def branch(tmp_path: Path, keys: dict[str, Key]) -> Iterator[Branch]:
    clone = make_repository(tmp_path / "alone", hermetic_environ(tmp_path / "home"))
    clone.commit({"README.md": "x\n"})
    with Repository.discover(clone.path, clone.environ) as repository:
        yield Branch(Forger(clone), repository, keys)


def name(statement: Approval | Waiver | Revocation | Experiment) -> str:
    return name_of(statement.to_bytes())


def nothing_counts(found: Found, *reasons: str) -> None:
    """Nothing counts, and each thing that does not is named with its reason."""
    assert (found.experiments, found.approvals, found.waivers, found.revocations) == ((), (), (), ())
    assert len(found.unsound) == len(reasons), found.unsound
    for said, reason in zip(found.unsound, reasons, strict=True):
        assert reason in said


def test_what_is_signed_by_whom_it_says_counts(branch: Branch) -> None:
    branch.put({**signed(APPROVAL, branch.keys[ADA]), **signed(WAIVER, branch.keys[ADA])})
    branch.put(signed(EXPERIMENT, branch.keys[BOB]))
    found = branch.find()
    assert [(each.sha256, each.statement, each.signer) for each in found.approvals] == [
        (name(APPROVAL), APPROVAL, ADA)
    ]
    assert [each.statement for each in found.waivers] == [WAIVER]
    assert [(each.experiment, each.signer, each.problem) for each in found.experiments] == [
        (EXPERIMENT, BOB, "")
    ]
    assert found.unsound == ()


def test_an_unsigned_approval_counts_for_nothing_and_an_unsigned_experiment_is_nobodys(
    branch: Branch,
) -> None:
    branch.put({f"{place(each)}.json": each.to_bytes() for each in (APPROVAL, EXPERIMENT)})
    found = branch.find()
    assert [each.signer for each in found.experiments] == [None]
    nothing_counts(replace(found, experiments=()), "it is not signed")


@pytest.mark.parametrize("digest", [OTHER, TWIN])
def test_a_statement_copied_to_another_digest(branch: Branch, digest: str) -> None:
    files = signed(APPROVAL, branch.keys[ADA])
    moved = {
        path.replace(folder_of(ADDRESS, DIGEST), folder_of(ADDRESS, digest)): files[path] for path in files
    }
    branch.put(moved)
    found = branch.find(digest=digest)
    if digest == TWIN:  # whose folder is the same: somebody else's statement, and a sound one
        nothing_counts(found)
    else:
        nothing_counts(found, "it is about prompts/ask with the digest sha256:aaaaaaaaaaaa")


def test_an_approval_of_the_old_digest_after_the_digest_changed(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    nothing_counts(branch.find(digest=OTHER))
    forged = replace(APPROVAL, digest=OTHER)
    content = signed(APPROVAL, branch.keys[ADA])[f"{place(APPROVAL)}.json.sig"]
    branch.put({f"{place(forged)}.json": forged.to_bytes(), f"{place(forged)}.json.sig": content})
    nothing_counts(branch.find(digest=OTHER), "made over other bytes")


def test_an_approval_for_another_environment(branch: Branch) -> None:
    forged = replace(APPROVAL, environment="dev")
    sig = signature(APPROVAL.to_bytes(), branch.keys[ADA])
    branch.put({f"{place(forged)}.json": forged.to_bytes(), f"{place(forged)}.json.sig": sig})
    nothing_counts(branch.find(), "made over other bytes")


def test_a_statement_under_another_predicate_type(branch: Branch) -> None:
    plain = json.loads(APPROVAL.to_bytes())
    for kind in ("https://promptctl.dev/experiment/v1", "https://promptctl.dev/approval/v2", 7):
        content = rfc8785.dumps({**plain, "predicateType": kind})
        path = f"{folder_of(ADDRESS, DIGEST)}/{name_of(content)}.json"
        branch.put({path: content, f"{path}.sig": signature(content, branch.keys[ADA])})
    found = branch.find()
    nothing_counts(found, *[""] * 3)
    assert all("is not sound" in each for each in found.unsound)


def test_edited_bytes_under_the_old_name(branch: Branch) -> None:
    files = signed(APPROVAL, branch.keys[ADA])
    edited = APPROVAL.to_bytes().replace(b"prod", b"test")
    branch.put({**files, f"{place(APPROVAL)}.json": edited})
    nothing_counts(branch.find(), f"hash to {name_of(edited)}")


def test_the_signature_of_another_statement(branch: Branch) -> None:
    other = replace(APPROVAL, reason="another")
    branch.put(
        {
            f"{place(APPROVAL)}.json": APPROVAL.to_bytes(),
            f"{place(APPROVAL)}.json.sig": signature(other.to_bytes(), branch.keys[ADA]),
        }
    )
    nothing_counts(branch.find(), "made over other bytes")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('valid-before="20261122095959Z"', "expired"),
        ('valid-after="20261122100001Z"', "valid only from"),
        ('namespaces="git"', "may not sign in the namespace promptctl"),
    ],
)
def test_a_key_that_was_not_valid_then(branch: Branch, options: str, reason: str) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    nothing_counts(branch.find(allowed=branch.keys[ADA].line(ADA, options)), reason)


@pytest.mark.parametrize("options", ['valid-before="20261122100001Z"', 'valid-after="20261122095959Z"'])
def test_a_key_that_was_valid_then_still_proves_what_it_signed(branch: Branch, options: str) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    assert len(branch.find(allowed=branch.keys[ADA].line(ADA, options)).approvals) == 1


def test_a_revoked_key(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    revoked = branch.keys[ADA].public
    nothing_counts(branch.find(revoked=revoked), "is revoked")


def test_an_unknown_key(branch: Branch) -> None:
    branch.put(signed(replace(APPROVAL, by=EVE), branch.keys[EVE]))
    nothing_counts(branch.find(), "nobody among the allowed signers")


def test_somebody_elses_email_signed_with_an_own_key(branch: Branch) -> None:
    for forged in (APPROVAL, WAIVER):
        branch.put(signed(forged, branch.keys[BOB]))
    nothing_counts(
        branch.find(), *["it says that it is by ada@acme.example, and bob@acme.example signed"] * 2
    )


@pytest.mark.parametrize("by", [ADA.upper(), f" {ADA}", "*@acme.example", f"{ADA},{BOB}", ""])
def test_a_name_that_only_looks_like_the_signers(branch: Branch, by: str) -> None:
    branch.put(signed(replace(APPROVAL, by=by), branch.keys[ADA]))
    nothing_counts(branch.find(), "it says that it is by")


@pytest.mark.parametrize("namespace", ["git", "file", "promptctl2", "Promptctl"])
def test_a_signature_made_for_another_namespace(branch: Branch, namespace: str) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA], namespace=namespace))
    nothing_counts(branch.find(), "was made for the namespace")


def test_the_signature_of_a_git_tag_over_the_same_bytes(branch: Branch) -> None:
    clone = branch.forger.clone
    content = APPROVAL.to_bytes()
    tag = clone.git(
        *("-c", "gpg.format=ssh", "-c", f"user.signingkey={branch.keys[ADA]}"),
        *("tag", "-s", "-m", content.decode(), "x"),
        check=False,
    )
    assert tag == ""
    armour = clone.git("cat-file", "-p", "x").encode()
    armour = armour[armour.index(b"-----BEGIN SSH") :] + b"\n"
    branch.put({f"{place(APPROVAL)}.json": content, f"{place(APPROVAL)}.json.sig": armour})
    nothing_counts(branch.find(), "was made for the namespace 'git'")


def test_a_signature_that_is_none(branch: Branch) -> None:
    for reason, content in enumerate([b"", b"x", b"\0" * 100, b"-----BEGIN SSH SIGNATURE-----\n"]):
        forged = replace(APPROVAL, reason=str(reason))
        branch.put({f"{place(forged)}.json": forged.to_bytes(), f"{place(forged)}.json.sig": content})
    nothing_counts(branch.find(), *["does not count"] * 4)


def test_an_experiment_whose_signature_is_not_sound_is_worth_less_than_none(branch: Branch) -> None:
    branch.put(signed(EXPERIMENT, branch.keys[EVE]))
    nothing_counts(branch.find(), "nobody among the allowed signers")


@pytest.mark.parametrize(
    "content",
    [
        APPROVAL.to_bytes().replace(b'"by":', b'"by":"eve@acme.example","by":'),
        APPROVAL.to_bytes().replace(b'"reason":"read it"', b'"reason":"\\u0072ead it"'),
        APPROVAL.to_bytes() + b"\n",
        b" " + APPROVAL.to_bytes(),
        json.dumps(json.loads(APPROVAL.to_bytes())).encode(),
        b"\xef\xbb\xbf" + APPROVAL.to_bytes(),
        APPROVAL.to_bytes().replace(b'"experiments":[]', b'"experiments":[],"extra":1'),
        APPROVAL.to_bytes().replace(b'"1.1.0"', b'"01.1.0"'),
        APPROVAL.to_bytes().replace(b'"prod"', b'"../prod"'),
        APPROVAL.to_bytes().replace(b"T10:00:00Z", b"T10:00:00+00:00"),
        APPROVAL.to_bytes().replace(b'"experiments":[]', b'"experiments":["abc"]'),
        b"[" * 200_000,
        b"null",
        b"",
    ],
)
def test_anything_that_is_not_the_one_canonical_text(branch: Branch, content: bytes) -> None:
    path = f"{folder_of(ADDRESS, DIGEST)}/{name_of(content)}.json"
    branch.put({path: content, f"{path}.sig": signature(content, branch.keys[ADA])})
    nothing_counts(branch.find(), "is not sound")


def test_two_subjects_in_one_statement(branch: Branch) -> None:
    plain = json.loads(APPROVAL.to_bytes())
    plain["subject"].append({"name": ADDRESS, "digest": {"sha256": "b" * 64}})
    content = rfc8785.dumps(plain)
    path = f"{folder_of(ADDRESS, DIGEST)}/{name_of(content)}.json"
    branch.put({path: content, f"{path}.sig": signature(content, branch.keys[ADA])})
    nothing_counts(branch.find(), "is not sound")


def test_a_huge_file(branch: Branch) -> None:
    content = b"x" * (8 * 1024 * 1024 + 1)
    path = f"{folder_of(ADDRESS, DIGEST)}/{name_of(content)}.json"
    branch.put({path: content})
    branch.put({**signed(APPROVAL, branch.keys[ADA]), f"{place(APPROVAL)}.json.sig": b"x" * 100_000})
    found = branch.find()
    nothing_counts(found, *["bytes: at most"] * 2)


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        ("120000", "a symbolic link"),
        ("100755", "an executable"),
        ("160000", "a submodule"),
        ("040000", "a folder"),
    ],
)
@pytest.mark.parametrize("ending", [".json", ".json.sig"])
def test_anything_but_a_plain_file(branch: Branch, mode: str, what: str, ending: str) -> None:
    files: dict[str, bytes | tuple[str, bytes | str] | None] = {**signed(APPROVAL, branch.keys[ADA])}
    path = f"{place(APPROVAL)}{ending}"
    content = files.pop(path)
    assert isinstance(content, bytes)
    if mode == "040000":
        files[f"{path}/inner"] = content
    else:
        files[path] = (mode, branch.forger.clone.git("rev-parse", "HEAD") if mode == "160000" else content)
    branch.forger.commit(files)
    nothing_counts(branch.find(), what)


def test_a_symbolic_link_to_a_sound_statement(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    folder = folder_of(ADDRESS, OTHER)
    target = f"../{DIGEST[7:19]}/{name(APPROVAL)}.json".encode()
    branch.forger.commit({f"{folder}/{name(APPROVAL)}.json": ("120000", target)})
    nothing_counts(branch.find(digest=OTHER), "a symbolic link")


def test_a_folder_that_is_a_file(branch: Branch) -> None:
    branch.put({folder_of(ADDRESS, DIGEST): APPROVAL.to_bytes()})
    nothing_counts(branch.find(), "is a blob, not a tree")


def test_a_signature_without_its_statement(branch: Branch) -> None:
    files = signed(APPROVAL, branch.keys[ADA])
    branch.put({path: content for path, content in files.items() if path.endswith(".sig")})
    nothing_counts(branch.find(), "there is a signature of the statement")


def test_names_that_are_none(branch: Branch) -> None:
    folder = folder_of(ADDRESS, DIGEST)
    names = [f"{'A' * 64}.json", "x\n::error::.json", "\x1b[31m.json.sig", ".json"]
    branch.put({f"{folder}/{each}": APPROVAL.to_bytes() for each in names})
    branch.put({f"{folder}/README": b"not ours, and no statement"})
    found = branch.find()
    nothing_counts(found, *["no statement is called so"] * 4)
    assert not any(sign in said for said in found.unsound for sign in "\n\x1b")


def test_a_statement_of_the_future(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    soon = datetime(2026, 11, 22, 9, 54, 59, tzinfo=UTC)
    nothing_counts(branch.find(now=soon), "in the future")
    assert len(branch.find(now=soon.replace(minute=55, second=0)).approvals) == 1


def test_without_signers_nobody_approved(branch: Branch) -> None:
    branch.put({**signed(APPROVAL, branch.keys[ADA]), **signed(EXPERIMENT, branch.keys[ADA])})
    found = evidence.find(branch.repository, ADDRESS, DIGEST)
    assert [(each.signer, each.problem) for each in found.experiments] == [
        (None, "its signature was not looked at")
    ]
    nothing_counts(replace(found, experiments=()), "there are no allowed signers")


@pytest.mark.parametrize("statement", [APPROVAL, WAIVER, EXPERIMENT])
def test_a_revoked_statement_no_longer_counts_whoever_revoked_it(
    branch: Branch, statement: Approval | Waiver | Experiment
) -> None:
    branch.put(signed(statement, branch.keys[ADA]))
    branch.revoke(name(statement), BOB)
    found = branch.find()
    assert [each.signer for each in found.revocations] == [BOB]
    assert found.revoked == {name(statement): ADA}
    nothing_counts(replace(found, revocations=()))


def test_an_unsigned_experiment_can_be_revoked(branch: Branch) -> None:
    branch.put({f"{place(EXPERIMENT)}.json": EXPERIMENT.to_bytes()})
    branch.revoke(name(EXPERIMENT), BOB)
    assert branch.find().experiments == ()


def test_a_forged_revocation_revokes_nothing(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    forged = Revocation(ADDRESS, DIGEST, name(APPROVAL), BOB, "2026-11-22T11:00:00Z", "no")
    branch.put(signed(forged, branch.keys[EVE]))
    unsigned = replace(forged, reason="unsigned")
    branch.put({f"{place(unsigned)}.json": unsigned.to_bytes()})
    branch.revoke(name(APPROVAL), ADA, digest=TWIN)  # about another release whose folder is the same
    found = branch.find()
    assert (len(found.approvals), found.revoked) == (1, {})
    nothing_counts(replace(found, approvals=()), "does not count", "does not count")


def test_a_forged_statement_that_was_revoked_had_never_counted(branch: Branch) -> None:
    branch.put(signed(WAIVER, branch.keys[EVE]))
    branch.revoke(name(WAIVER), BOB)
    assert branch.find().revoked == {}


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".json", None),
        (".json.sig", None),
        (".json.sig", b"junk"),
        (".json", ("100755", b"")),
        (".json.sig", ("120000", b"elsewhere")),
    ],
)
@pytest.mark.parametrize("is_merged", [False, True])
def test_a_revocation_that_is_taken_away_again_still_revokes(
    branch: Branch, ending: str, content: Any, is_merged: bool
) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    before = branch.head
    name = branch.revoke(name_of(APPROVAL.to_bytes()), ADA)
    path = f"{folder_of(ADDRESS, DIGEST)}/{name}{ending}"
    if is_merged:  # as a merge that takes the other side's tree
        branch.forger.commit({}, parents=(before, branch.head), on=before)
    else:
        branch.put({path: content})
    assert branch.find().approvals == ()
    assert [each.sha256 for each in branch.find().revocations] == [name]


def test_what_was_deleted_can_still_be_found_and_revoked(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]) | signed(WAIVER, branch.keys[ADA]))
    name = name_of(APPROVAL.to_bytes())
    branch.put({f"{place(APPROVAL)}{ending}": None for ending in (".json", ".json.sig")})
    assert [each.sha256 for each in branch.find().approvals] == [name]
    located = evidence.locate(branch.repository, name[:12])
    assert located == {name: (folder_of(ADDRESS, DIGEST),)}
    assert evidence.read(branch.repository, name, located[name]) == APPROVAL
    branch.revoke(name, BOB)
    assert branch.find().approvals == ()


def test_what_was_rewritten_counts_as_it_first_stood(branch: Branch) -> None:
    """So the first of two signatures decides, also where the branch was rewritten more than once."""
    branch.put(signed(EXPERIMENT, branch.keys[BOB]))
    for key in (ADA, EVE):
        branch.put(signed(EXPERIMENT, branch.keys[key]))
    assert [each.signer for each in branch.find().experiments] == [BOB]


def test_who_revoked_takes_it_back_and_nobody_else(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    revocation = branch.revoke(name(APPROVAL), BOB)
    branch.revoke(revocation, ADA)
    assert branch.find().approvals == ()
    back = branch.revoke(revocation, BOB)
    assert [each.statement for each in branch.find().approvals] == [APPROVAL]
    branch.revoke(back, BOB)
    assert branch.find().approvals == ()


def test_two_revocations_are_taken_back_one_by_one(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    first, second = branch.revoke(name(APPROVAL), ADA), branch.revoke(name(APPROVAL), BOB)
    branch.revoke(first, ADA)
    assert branch.find().approvals == ()
    branch.revoke(second, BOB)
    assert len(branch.find().approvals) == 1


def test_one_person_under_two_identities_is_two_signers_for_the_gate_to_count_once(branch: Branch) -> None:
    home = replace(APPROVAL, by=BOB)
    branch.put({**signed(APPROVAL, branch.keys[ADA]), **signed(home, branch.keys[BOB])})
    assert {each.signer for each in branch.find().approvals} == {ADA, BOB}


def test_one_key_that_belongs_to_two_people_is_nobodys(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    allowed = branch.keys[ADA].line(ADA) + branch.keys[ADA].line(BOB)
    nothing_counts(branch.find(allowed=allowed), "not clear who signed")


def test_a_line_of_the_allowed_signers_that_names_a_pattern_allows_nobody(branch: Branch) -> None:
    branch.put(signed(APPROVAL, branch.keys[ADA]))
    nothing_counts(branch.find(allowed=branch.keys[ADA].line("*@acme.example")), "nobody among")
