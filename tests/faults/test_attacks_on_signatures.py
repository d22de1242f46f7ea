"""What somebody who may push, and whom nobody allows to sign, does to what is signed (R10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helpers.attacks import ENV, HELLO, World, both, make_signed_world, with_key
from helpers.forging import signature
from helpers.refusers import Attack, check_attack, copied
from helpers.shop import call, greeting, publish
from helpers.soak import some

TAG = f"refs/tags/{HELLO}/v"
EVIDENCE = "refs/heads/evidence"


def statements(world: World) -> list[str]:
    return [each for each in world.entries(EVIDENCE) if each.endswith(".json")]


def evidence(world: World, files: Mapping[str, bytes | None]) -> None:
    """Push an evidence branch with files that were put, edited or taken away."""
    entries = world.entries(EVIDENCE)
    for path, content in files.items():
        if content is None:
            del entries[path]
        else:
            world.put(path, content)(entries)
    world.set(EVIDENCE, world.commit(world.tree(entries), (world.at(EVIDENCE),), "Evidence\n"))


def approval(world: World, *, of: str = "1.1.0") -> tuple[str, bytes]:
    """Return path and bytes of Grace's approval of a version."""
    digest = world.remote.git("cat-file", "tag", TAG + of).rpartition("Digest: sha256:")[2][:12]
    path = next(each for each in statements(world) if f"/{digest}/" in each)
    return path, world.show(f"{EVIDENCE}:{path}")[:-1]


def moved(world: World) -> None:
    """Copy Grace's approval of 1.1.0, with its signature, to where those of 1.2.0 stand."""
    path, content = approval(world)
    digest = world.remote.git("cat-file", "tag", f"{TAG}1.2.0").rpartition("Digest: sha256:")[2][:12]
    folder, _, name = path.rpartition("/")
    where = f"{folder.rpartition('/')[0]}/{digest}/{name}"
    evidence(world, {where: content, f"{where}.sig": world.show(f"{EVIDENCE}:{path}.sig")})


def rewritten(world: World, key: str) -> None:
    """Make Grace's approval one of 1.2.0, under its right name, signed by somebody."""
    import hashlib

    path, content = approval(world)
    tags = [world.remote.git("cat-file", "tag", TAG + each) for each in ("1.1.0", "1.2.0")]
    old, new = (each.rpartition("Digest: sha256:")[2][:64] for each in tags)
    made = content.replace(old.encode(), new.encode()).replace(b"1.1.0", b"1.2.0")
    folder = path.rpartition("/")[0].replace(old[:12], new[:12])
    where = f"{folder}/{hashlib.sha256(made).hexdigest()}.json"
    signed = {f"{where}.sig": signature(made, world.key(key))} if key else {}
    evidence(world, {where: made, **signed})


def tagged(world: World, key: str, text: str = "Four.") -> None:
    """Release 1.3.0 with somebody's key, or with none, and let dev serve it."""
    publish(world.ada, greeting(text))
    clone = with_key(world, key) if key else world.eve
    clone.git("pull", "--quiet")
    assert call(clone, "release", "hello").code == 0
    assert call(world.ada, "promote", "hello", "--to", "dev").code == 0


def signed_as(world: World, version: str, other: str) -> None:
    """Give a tag the signature of another one."""
    theirs = world.remote.git("cat-file", "tag", TAG + other).partition("-----BEGIN")[2].encode()
    world.tag(version, lambda tag: tag.partition(b"-----BEGIN")[0] + b"-----BEGIN" + theirs + b"\n")


NOT_APPROVED = {"promote": "approvals"}

ATTACKS: Mapping[str, Attack] = {
    # --- locks
    "somebody without a key who promotes": (
        lambda w: w.eve.git("fetch", "--quiet"),
        {"promote by Eve": "no signing key"},
    ),
    "somebody with an unknown key who promotes": (
        lambda w: with_key(w, "eve"),
        {"promote by Eve": "do not know your key"},
    ),
    "somebody who promotes and is no promoter": (
        lambda w: with_key(w, "grace"),
        {"promote by Eve": "none of the promoters"},
    ),
    "a lock signed with a key that nobody knows": (
        lambda w: w.rewrite("dev", w.sign("eve")),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a lock signed by somebody who may not promote": (
        lambda w: w.rewrite("dev", w.sign("grace")),
        {"verify": "none of the promoters", "runtime that trusts Ada": "sign"},
    ),
    "a signature that is gone": (
        lambda w: w.rewrite("dev", lambda files: files.__delitem__("lock.json.sig")),
        {"verify": "unsigned", "runtime that trusts Ada": "sign"},
    ),
    "the signature of an older lock": (
        lambda w: w.rewrite("dev", w.put("lock.json.sig", w.show(f"{ENV}dev~1:lock.json.sig"))),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "the signature of another environment's lock": (
        lambda w: w.rewrite("dev", w.put("lock.json.sig", w.show(f"{ENV}staging:lock.json.sig"))),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a signature made for something else": (
        lambda w: w.rewrite("dev", w.sign("ada", "file")),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a signature that is no signature": (
        lambda w: w.rewrite("dev", w.put("lock.json.sig", b"-----BEGIN SSH SIGNATURE-----\n")),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a lock that was edited under its signature": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain.update(sequence=9))),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a lock that Eve edited and signed": (
        lambda w: w.rewrite("dev", both(w.pin("dev", by="eve@acme.example"), w.sign("eve"))),
        {"verify": "signature", "runtime that trusts Ada": "sign"},
    ),
    "a lock signed at a time when it could not be": (
        lambda w: w.rewrite("dev", when="4000000000 +0000"),
        {"verify": "in the future", "runtime that trusts Ada": "in the future"},
    ),
    "kept signers with a key more": (
        lambda w: w.rewrite(
            "dev",
            w.put(
                "policy/allowed_signers",
                w.show(f"{ENV}dev:policy/allowed_signers") + b"eve@acme.example " + w.public("eve"),
            ),
        ),
        {"verify": "policy-edited"},
    ),
    "a key revoked in the kept policy only": (
        lambda w: w.rewrite(
            "dev", w.put("policy/revoked_keys", w.key("ada").with_name("ada@acme.example.pub").read_bytes())
        ),
        {"verify": "policy-edited"},
    ),
    # --- tags
    "a release that nobody signed": (lambda w: tagged(w, ""), {"promote": "not signed"}),
    "a release signed with a key that nobody knows": (lambda w: tagged(w, "eve"), {"promote": "signed"}),
    "a tag with the signature of another": (
        lambda w: signed_as(w, "1.2.0", "1.1.0"),
        {"verify": "tag-moved", "promote": "may not change"},
    ),
    "a tag whose signature was taken away": (
        lambda w: w.tag("1.2.0", lambda tag: tag.partition(b"-----BEGIN")[0]),
        {"verify": "tag-moved", "promote": "may not change"},
    ),
    # --- approvals
    "an approval of another release": (moved, NOT_APPROVED),
    "an approval that nobody signed": (lambda w: rewritten(w, ""), NOT_APPROVED),
    "an approval in Grace's name with Eve's key": (lambda w: rewritten(w, "eve"), NOT_APPROVED),
    "an approval in Grace's name with Ada's key": (lambda w: rewritten(w, "ada"), NOT_APPROVED),
    "a statement that was deleted": (
        lambda w: evidence(w, {approval(w)[0]: None}),
        {"verify": "evidence", "verify again": "evidence"},
    ),
    "a signature of a statement that was deleted": (
        lambda w: evidence(w, {f"{approval(w)[0]}.sig": None}),
        {"verify": "evidence"},
    ),
    "a statement that was edited": (
        lambda w: evidence(w, {approval(w)[0]: approval(w)[1].replace(b"staging", b"prod")}),
        {"verify": "evidence"},
    ),
    "an evidence branch that was rewound": (
        lambda w: w.set(EVIDENCE, w.at(f"{EVIDENCE}~1")),
        {"verify again": "evidence", "promote": "may not change"},
    ),
    "an evidence branch that is gone": (
        lambda w: w.set(EVIDENCE, ""),
        {"verify": "env/staging", "promote": "approvals"},
    ),
    # --- records
    "a waiver that Eve gave herself": (
        lambda w: w.rewrite(
            "staging",
            w.record(
                "staging",
                lambda plain: plain["waivers"].append(
                    {
                        "gate": "approvals",
                        "address": HELLO,
                        "reason": "hurry",
                        "by": "ada@acme.example",
                        "statement": "0" * 64,
                    }
                ),
            ),
        ),
        {"verify": "env/staging"},
    ),
    "a record without one of its gates": (
        lambda w: w.rewrite("staging", w.record("staging", lambda plain: plain["gates"].pop())),
        {"verify": "gate-missing"},
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_signed_world(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("name", some(ATTACKS))
def test_an_attack_is_refused_by_all_whom_it_meets(
    name: str, sound: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_attack(copied(sound, tmp_path, monkeypatch), ATTACKS[name])


def test_what_promptctl_signed_is_sound(sound: World) -> None:
    done = call(sound.ada, "verify", "--all")
    assert done.code == 0, done.out


def test_the_attacks_are_counted(reached: Callable[[str], None]) -> None:
    tried = some(ATTACKS)
    refusals = sum(len(ATTACKS[name][1]) for name in tried)
    assert len(ATTACKS) >= 25
    reached(f"R10: {len(tried)} attacks on signatures, {refusals} refusals by verify, promote and runtimes")
