"""`promptctl verify`, where people sign: forged locks, gates, waivers, evidence and policies are named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers.forging import Forger, signature, signed
from helpers.keys import SIGNERS, Key, make_key
from helpers.repositories import Clone
from helpers.shop import SMALL, another, call, local_shop, new_version, ok, publish, quick_environ, shop

import promptctl
from promptctl.core import lock as locks
from promptctl.core.written import timestamp
from promptctl.model import promotion as promotions
from promptctl.model.promotion import readme
from promptctl.model.statements import Waiver, made_at, name_of, parse

HELLO = "prompts/hello"
TAG = f"refs/tags/{HELLO}/v1.0.0"
PEOPLE = ("ada", "bot", "eve", "grace", "lin")
PIPELINE = """\
environments:
  - name: dev
  - name: prod
    after: dev
    gates: {approvals: {count: 1}, signed: true, freeze: [{from: 2020-01-01, to: 2999-12-31}]}
people: {ada: [ada@acme.example], grace: [grace@acme.example], lin: [lin@acme.example]}
promoters: [bot@acme.example, lin@acme.example]
waivers: {allowed: [lin]}
"""


@dataclass(frozen=True)
class Team:
    """One registry, and everybody who works there, each with a key."""

    clone: Clone
    keys: Path

    def of(self, name: str) -> Clone:
        home = self.keys / f"home-{name}"
        return Clone(self.clone.path, {**self.clone.environ, "GIT_CONFIG_GLOBAL": str(home / ".gitconfig")})

    def signers(self, **options: str) -> dict[str, str]:
        """Return the allowed signers: everybody but Eve."""
        known = [each for each in PEOPLE if each != "eve"]
        lines = (Key(self.keys / each).line(f"{each}@acme.example", options.get(each, "")) for each in known)
        return {SIGNERS: "".join(lines)}


def make_team(clone: Clone, keys: Path) -> Team:
    for name in PEOPLE:
        key, home = make_key(keys / name), keys / f"home-{name}"
        quick_environ(home)
        with (home / ".gitconfig").open("a") as file:
            file.write(f"[user]\n\tname = {name}\n\temail = {name}@acme.example\n\tsigningkey = {key}\n")
            file.write("[gpg]\n\tformat = ssh\n")
    return Team(clone, keys)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """hello 1.0.0 serves dev and prod: approved by Grace, in a freeze that Lin waived."""
    folder = tmp_path_factory.mktemp("sound")
    team = make_team(local_shop(folder, SMALL), folder / "keys")
    ada, bot, grace, lin = (team.of(each) for each in ("ada", "bot", "grace", "lin"))
    publish(
        ada, {"promptctl.yaml": "environments: [{name: dev}, {name: prod, after: dev}]\n", **team.signers()}
    )
    ok(ada, "release", "hello")
    ok(bot, "promote", "hello", "--to", "dev")
    publish(ada, {"promptctl.yaml": PIPELINE})
    new_version(ada, "Two.")
    ok(bot, "promote", "hello", "--to", "dev")
    ok(grace, "approve", "hello@1.0.0", "--for", "prod")
    ok(grace, "approve", "hello@1.1.0", "--for", "prod")
    ok(lin, "promote", "hello@1.0.0", "--to", "prod", "--waive", "freeze", "--reason", "launch")
    return team


@pytest.fixture
def team(sound: Team, tmp_path: Path) -> Team:
    shutil.copytree(sound.clone.path, tmp_path / "copy")
    return replace(sound, clone=replace(sound.clone, path=tmp_path / "copy"))


def codes(team: Team, *words: str) -> set[str]:
    done = call(team.of("ada"), "verify", *words, "-o", "json")
    assert done.code in (0, 1), done.err
    return {each["code"] for each in done.json["violations"]}


Change = Callable[[Any], object]


def nothing(_: Any) -> None:
    pass


def forge(
    team: Team,
    *,
    lock: Change = nothing,
    record: Change = nothing,
    key: str | None = "lin",
    namespace: str = "promptctl",
    environment: str = "prod",
    parents: tuple[str, ...] | None = None,
) -> None:
    """Put another head in the place of an environment's, as careful as somebody with that key can be."""
    git, ref = team.clone, f"env/{environment}"
    files = {each: json.loads(git.git("show", f"{ref}:{each}")) for each in ("lock.json", "promotion.json")}
    lock(files["lock.json"])
    record(files["promotion.json"])
    content = {
        each: (json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
        for each, plain in files.items()
    }
    promotion = promotions.parse(content["promotion.json"])
    content["README.md"] = readme(locks.parse(content["lock.json"], environment=environment), promotion)
    if key:
        content["lock.json.sig"] = signature(content["lock.json"], team.keys / key, namespace)
    commit(team, content, promotion.message, ref, parents)


def commit(
    team: Team, content: Mapping[str, bytes], message: str, ref: str, parents: tuple[str, ...] | None
) -> None:
    git = team.clone
    kept = [
        each
        for each in git.git("ls-tree", ref).splitlines()
        if each.partition("\t")[2] not in {*content, "lock.json.sig"}
    ]
    made = [
        f"100644 blob {git.git('hash-object', '-w', '--stdin', stdin=data)}\t{name}"
        for name, data in content.items()
    ]
    tree = git.git("mktree", stdin=("\n".join([*kept, *made]) + "\n").encode())
    above = git.git("log", "-1", "--format=%P", ref).split() if parents is None else parents
    words = [word for each in above for word in ("-p", each)]
    when = {"GIT_COMMITTER_DATE": git.git("log", "-1", "--format=%cd", "--date=raw", ref)}
    new = Clone(git.path, {**git.environ, **when}).git("commit-tree", tree, *words, stdin=message.encode())
    git.git("update-ref", f"refs/heads/{ref}", new)


def gate(name: str, **fields: Any) -> Change:
    """Return what edits one gate of a record."""
    return lambda plain: [each.update(fields) for each in plain["gates"] if each["gate"] == name]


def without(name: str) -> Change:
    return lambda plain: plain.update(gates=[each for each in plain["gates"] if each["gate"] != name])


def waiver(**fields: Any) -> Change:
    return lambda plain: plain["waivers"][0].update(fields)


def waived_hold(plain: Any) -> None:
    gate("hold", result="fail")(plain)
    plain["waivers"].append({**plain["waivers"][0], "gate": "hold"})


def thawed(plain: Any) -> None:
    gate("freeze", result="pass")(plain)
    plain.update(waivers=[])


def by(name: str) -> dict[str, Change]:
    who = f"{name}@acme.example"
    return {
        "lock": lambda plain: plain["pins"][HELLO].update(by=who),
        "record": lambda plain: plain.update(by=who),
    }


def test_what_people_did_has_no_violation(team: Team) -> None:
    assert codes(team) == codes(team, "--all") == set()
    forge(team)
    assert codes(team) == set(), "the forger of these tests forges well"


RECORDS: dict[str, tuple[Change, str]] = {
    "approvals were not asked": (without("approvals"), "gate-missing"),
    "the signature was not asked": (without("signed"), "gate-missing"),
    "the environment before was not asked": (without("after"), "gate-missing"),
    "the hold was not asked": (without("hold"), "gate-missing"),
    "no gate was asked": (lambda plain: plain.update(gates=[], waivers=[]), "gate-missing"),
    "a gate failed": (gate("approvals", result="fail"), "gate-not-passed"),
    "a gate was inconclusive": (gate("after", result="inconclusive"), "gate-not-passed"),
    "a gate said what no gate says": (gate("after", result="maybe"), "record-edited"),
    "a gate says more": (gate("after", more="x"), "record-edited"),
    "a gate of no words": (gate("after", reason=7), "record-edited"),
    "evidence that is no list": (gate("approvals", evidence="x"), "record-edited"),
    "evidence that is nowhere": (gate("approvals", evidence=["0" * 64]), "evidence"),
    "evidence of no name": (gate("approvals", evidence=["../lock.json"]), "evidence"),
    "an approval less": (gate("approvals", evidence=[]), "gate-not-passed"),
    "a freeze that was none": (thawed, "gate-not-passed"),
    "no waiver": (lambda plain: plain.update(waivers=[]), "gate-not-passed"),
    "a waiver of nothing": (waiver(gate="after"), "waiver"),
    "a waiver of no gate": (waiver(gate="courage"), "waiver"),
    "a waiver of a hold": (waived_hold, "waiver"),
    "a waiver for another address": (waiver(address="prompts/bye"), "waiver"),
    "a waiver by somebody who may not": (waiver(by="grace@acme.example"), "waiver"),
    "a waiver with another reason": (waiver(reason="because"), "waiver"),
    "a waiver without a statement": (waiver(statement="0" * 64), "waiver"),
    "a waiver that says less": (lambda plain: plain["waivers"][0].pop("by"), "record-edited"),
    "a waiver that is empty": (lambda plain: plain["waivers"].append({}), "record-edited"),
    "a policy that is no commit": (lambda plain: plain.update(policy_commit="HEAD"), "policy-edited"),
    "a policy that is nowhere": (lambda plain: plain.update(policy_commit="0" * 40), "policy-unknown"),
    "another time": (lambda plain: plain.update(at="2026-01-01T00:00:00Z"), "time"),
    "no time": (lambda plain: plain.update(at="yesterday"), "time"),
    "no policy": (lambda plain: plain.update(policy_commit=""), "policy-edited"),
}


def test_a_promoter_is_one_exact_identity(team: Team) -> None:
    publish(team.of("ada"), {"promptctl.yaml": PIPELINE.replace("bot@", "Bot@")})
    ok(team.of("lin"), "promote", "hello@1.0.0", "--to", "dev")
    forge(team, record=lambda plain: plain.update(by="bot@acme.example"), key="bot", environment="dev")
    assert "signature" in codes(team, "--env", "dev")


@pytest.mark.parametrize(("change", "code"), RECORDS.values(), ids=RECORDS.keys())
def test_a_record_that_does_not_hold_is_named(team: Team, change: Change, code: str) -> None:
    forge(team, record=change)
    assert code in codes(team)


SIGNATURES: dict[str, dict[str, Any]] = {
    "of nobody known": {"key": "eve"},
    "of no promoter": {"key": "grace", **by("grace")},
    "of another purpose": {"namespace": "git"},
    "of another person than recorded": by("bot"),
}


@pytest.mark.parametrize("words", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_signature_that_proves_nothing_is_named(team: Team, words: Mapping[str, Any]) -> None:
    forge(team, **words)
    assert codes(team) == {"signature"}


def test_a_lock_that_no_promoter_signed_is_named(team: Team) -> None:
    forge(team, key=None)
    assert codes(team) == {"unsigned"}


def test_a_signature_over_another_lock_is_named(team: Team) -> None:
    files = ("lock.json", "promotion.json", "README.md")
    content = {each: (team.clone.git("show", f"env/prod:{each}") + "\n").encode() for each in files}
    content["lock.json.sig"] = signature(b"{}", team.keys / "lin")
    message = team.clone.git("log", "-1", "--format=%B", "env/prod").rstrip("\n") + "\n"
    commit(team, content, message, "env/prod", None)
    assert codes(team) == {"signature"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('valid-before="20200101Z"', {"signature"}),
        ('valid-before="29990101Z"', set()),
        ('valid-after="29990101Z"', {"signature"}),
        ('namespaces="git"', {"signature", "waiver"}),
    ],
)
def test_keys_count_while_they_are_valid(team: Team, options: str, expected: set[str]) -> None:
    publish(team.of("ada"), team.signers(lin=options))
    assert codes(team) - {"waiver"} == expected - {"waiver"}


def test_what_a_revoked_key_signed_counts_no_longer(team: Team) -> None:
    public = (team.keys / "lin.pub").read_text()
    publish(team.of("ada"), {".promptctl/revoked_keys": public})
    assert {"signature", "waiver"} <= codes(team)


def test_a_policy_from_beside_the_default_branch_is_named(team: Team) -> None:
    """A commit that loosens every gate, pushed where nobody reviews it."""
    git = team.clone
    git.git("checkout", "--quiet", "-b", "side")
    loose = git.commit({"promptctl.yaml": "environments: [{name: dev}, {name: prod, after: dev}]\n"}, "loose")
    git.git("checkout", "--quiet", "main")
    forge(team, key=None, record=lambda plain: plain.update(policy_commit=loose, gates=[], waivers=[]))
    assert "policy-unknown" in codes(team)


def test_a_policy_of_before_is_named(team: Team) -> None:
    """The second promotion to dev, judged by the policy that asked for no promoter."""
    git = team.clone
    first = json.loads(git.git("show", "env/dev~1:promotion.json"))["policy_commit"]
    forge(team, environment="dev", key="bot", record=lambda plain: plain.update(policy_commit=first))
    assert "policy-edited" in codes(team), "the kept policy is another"
    older = git.git("rev-list", "--max-parents=0", "main")
    forge(team, environment="dev", key="bot", record=lambda plain: plain.update(policy_commit=older))
    assert "policy-back" in codes(team)


def test_a_merge_on_an_environment_is_named(team: Team) -> None:
    parents = tuple(team.clone.git("log", "-1", "--format=%P", "env/prod").split())
    forge(
        team, parents=(*parents, team.clone.git("rev-parse", "main"), team.clone.git("rev-parse", "env/dev"))
    )
    assert "merged" in codes(team)


def test_a_held_digest_that_was_promoted_by_hand_is_named(team: Team) -> None:
    ok(team.of("lin"), "hold", "hello@1.1.0", "--env", "dev", "--reason", "rude")
    git = team.clone
    hold = git.git("rev-parse", "env/dev")
    ok(team.of("bot"), "promote", "hello@1.0.0", "--to", "dev")
    served = json.loads(git.git("show", f"{hold}:lock.json"))["pins"][HELLO]

    def back(plain: Any) -> None:
        mine = plain["pins"][HELLO]
        plain["pins"][HELLO] = {
            **served,
            "since": mine["since"],
            "by": mine["by"],
            "previous": mine["previous"],
        }

    move = [{"address": HELLO, "from": "1.1.0", "to": "1.1.0"}]
    forge(team, environment="dev", key="bot", lock=back, record=lambda plain: plain.update(changes=move))
    assert "held" in codes(team)


ROLLBACK = ("rollback", "hello", "--env", "dev", "--reason", "rude")


def told(team: Team, *words: str) -> list[str]:
    return [
        each["message"] for each in call(team.of("ada"), "verify", *words, "-o", "json").json["violations"]
    ]


def test_who_stops_the_line_and_is_no_promoter_is_warned_and_a_promoter_signs_what_serves(team: Team) -> None:
    for words in (ROLLBACK, ("hold", *ROLLBACK[2:]), ("unhold", *ROLLBACK[2:])):
        number = json.loads(team.clone.git("show", "env/dev:lock.json"))["sequence"] + 2
        done = call(team.of("grace"), *words)
        assert done.code == 0
        way_out = f"promptctl repair --env dev --sequence {number} --reason …"
        assert "grace@acme.example is none of the promoters" in done.err
        assert f"let one of bot@acme.example, lin@acme.example run {way_out}" in done.err
        (message,) = told(team)
        assert "none of the promoters" in message
        assert message.endswith(way_out), "the head: no runtime that checks signatures adopts it"
    before, number = json.loads(team.clone.git("show", "env/dev:lock.json")), 6
    done = call(team.of("bot"), "repair", "--env", "dev", "--sequence", str(number), "--reason", "signed")
    assert (done.code, "warning" in done.err) == (0, False)
    after = json.loads(team.clone.git("show", "env/dev:lock.json"))
    assert after == {**before, "sequence": number}, "the same content, under a signature that counts"
    same = ("releases", "policy")
    assert [team.clone.git("rev-parse", f"env/dev:{each}") for each in same] == [
        team.clone.git("rev-parse", f"env/dev~1:{each}") for each in same
    ]
    with promptctl.connect(
        str(team.clone.path),
        environment="dev",
        allowed_signers=Key(team.keys / "bot").line("bot@acme.example").encode(),
    ) as registry:
        assert registry.prompt("hello").version == "1.0.0"
    assert codes(team) == set(), "whom it stops when he stops the line"


def test_who_repairs_and_is_no_promoter_is_warned_and_named(team: Team) -> None:
    done = call(team.of("grace"), "repair", "--env", "dev", "--sequence", "9", "--reason", "backup")
    assert "--sequence 10" in done.err
    ok(team.of("bot"), "repair", "--env", "dev", "--sequence", "10", "--reason", "backup")
    assert codes(team) == {"signature"}


def test_who_does_not_sign_is_warned(team: Team) -> None:
    team.clone.git("config", "gpg.format", "openpgp")
    done = call(team.of("lin"), *ROLLBACK)
    assert "do not adopt dev at 3: it is not signed" in done.err
    assert call(team.of("lin"), *ROLLBACK[:1], *ROLLBACK[1:], "--to", "1.0.0").err == "", "nothing was done"
    assert codes(team) == {"unsigned"}


@pytest.mark.parametrize("default", ["gone", "broken"])
def test_a_warning_needs_no_default_branch(team: Team, default: str) -> None:
    if default == "broken":
        publish(team.of("ada"), {"promptctl.yaml": "environments: 7\n"})
    else:
        team.clone.git("checkout", "--quiet", "--orphan", "nothing")
        team.clone.git("branch", "--quiet", "-D", "main")
    done = call(team.of("grace"), *ROLLBACK)
    assert (done.code, "grace@acme.example is none of the promoters" in done.err) == (0, True)
    assert "warning" not in call(team.of("lin"), "hold", *ROLLBACK[2:]).err


def test_who_became_a_promoter_since_the_last_promotion_is_one(team: Team) -> None:
    publish(team.of("ada"), {"promptctl.yaml": PIPELINE.replace("[bot@", "[grace@acme.example, bot@")})
    assert "warning" not in call(team.of("grace"), *ROLLBACK).err
    assert codes(team) == set()
    ok(team.of("grace"), "repair", "--env", "dev", "--sequence", "7", "--reason", "backup")
    assert codes(team) == set()
    ok(team.of("bot"), "unhold", "hello@1.1.0", *ROLLBACK[2:])
    ok(team.of("bot"), "promote", "hello@1.1.0", "--to", "dev")
    publish(team.of("ada"), {"promptctl.yaml": PIPELINE})
    assert codes(team) == set(), "the policy of the next promotion names her"


def test_a_tag_that_lost_its_signature_is_named(team: Team) -> None:
    git = team.clone
    content = git.git("cat-file", "tag", TAG).partition("-----BEGIN")[0].encode()
    made = git.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=content)
    git.git("update-ref", TAG, made)
    forge(team, lock=lambda plain: plain["pins"][HELLO].update(tag_object=made))
    assert "tag-unsigned" in codes(team)


def statement_paths(team: Team) -> list[str]:
    names = team.clone.git("ls-tree", "-r", "--name-only", "evidence").splitlines()
    return [each for each in names if each.endswith(".json")]


def used_by(team: Team, name: str) -> str:
    """Return the path of the statement that a gate of prod rests on, or that waived it."""
    record = json.loads(team.clone.git("show", "env/prod:promotion.json"))
    used = {each["gate"]: each["evidence"] for each in record["gates"]}
    used |= {each["gate"]: [each["statement"]] for each in record["waivers"]}
    (statement,) = used[name]
    (path,) = (each for each in statement_paths(team) if statement in each)
    return path


@pytest.mark.parametrize(("gate_name", "code"), [("approvals", "evidence"), ("freeze", "waiver")])
@pytest.mark.parametrize("kind", ["deleted", "unsigned", "rewritten", "rewound"])
def test_evidence_that_is_not_what_it_was_is_named(team: Team, gate_name: str, code: str, kind: str) -> None:
    path = used_by(team, gate_name)
    forger = Forger(team.clone)
    if kind == "rewound":
        team.clone.git("update-ref", "-d", "refs/heads/evidence")
        assert code in codes(team)
        return
    if kind == "rewritten":
        forger.commit({path: b"{}"})
        expected = "statement-rewritten"
    else:
        gone = {path: None} if kind == "deleted" else {f"{path}.sig": None}
        forger.commit(gone)
        expected = "statement-deleted"
    assert codes(team) == {expected}, "what was taken away still counts as it first stood"


def test_an_approval_of_another_digest_proves_nothing(team: Team) -> None:
    mine = used_by(team, "approvals")
    (other,) = (
        each
        for each in statement_paths(team)
        if each.rpartition("/")[0] != mine.rpartition("/")[0] and "approval/v1" in shown(team, each)
    )
    name = other.rpartition("/")[2].removesuffix(".json")
    forge(team, record=gate("approvals", evidence=[name]))
    assert codes(team) == {"evidence", "gate-not-passed"}


def shown(team: Team, path: str) -> str:
    return team.clone.git("show", f"evidence:{path}")


def test_history_says_who_signed_and_on_which_evidence(team: Team) -> None:
    """It says that signatures are there; whether they prove anything is for verify."""
    (change,) = ok(team.of("ada"), "history", "--env", "prod")["changes"]
    assert change["signed"]
    text = call(team.of("ada"), "history", "hello").out
    name = used_by(team, "approvals").rpartition("/")[2]
    for words in (
        "by lin@acme.example (signed)",
        f"evidence {name[:12]}",
        "waived by lin@acme.example: launch",
    ):
        assert words in text
    forge(team, key=None)
    assert "by lin@acme.example (unverified)" in call(team.of("ada"), "history", "--env", "prod").out


def test_what_was_revoked_later_counted_then(team: Team) -> None:
    name = used_by(team, "approvals").rpartition("/")[2].removesuffix(".json")
    ok(team.of("grace"), "revoke", name, "--reason", "looked again")
    assert codes(team) == set()


@pytest.mark.parametrize(("hours", "expected"), [(-1, {"waiver"}), (0, set()), (23, set()), (25, {"waiver"})])
def test_a_waiver_counts_a_day(team: Team, hours: int, expected: set[str]) -> None:
    content = shown(team, used_by(team, "freeze")).encode()
    statement = parse(content, sha256=name_of(content))
    assert isinstance(statement, Waiver)
    earlier = replace(statement, at=timestamp(made_at(statement) - timedelta(hours=hours)))
    Forger(team.clone).commit(signed(earlier, team.keys / "lin"))
    forge(team, record=waiver(statement=name_of(earlier.to_bytes())))
    assert codes(team) == expected


def test_a_waiver_that_was_used_before_is_named(team: Team) -> None:
    first = json.loads(team.clone.git("show", "env/prod:promotion.json"))["waivers"][0]["statement"]
    words = ("--to", "prod", "--waive", "freeze", "--reason", "launch")
    for version in ("1.1.0", "1.0.0"):
        ok(team.of("lin"), "promote", f"hello@{version}", *words)
    assert codes(team) == set()
    forge(team, record=waiver(statement=first))
    assert codes(team) == {"waiver"}


def test_without_signers_a_signature_means_nothing(tmp_path: Path) -> None:
    team = make_team(local_shop(tmp_path, SMALL), tmp_path / "keys")
    ok(team.of("ada"), "release", "hello")
    ok(team.of("ada"), "promote", "hello", "--to", "dev")
    assert codes(team) == set()


def test_a_branch_that_was_rewound_and_a_number_that_stands_twice_are_named(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    bob = another(ada, "bob")
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    remote = Clone(tmp_path / "remote.git", ada.environ)
    remote.git("update-ref", "refs/heads/env/dev", "refs/heads/env/dev~1")
    ok(bob, "hold", "--env", "dev", "--reason", "another number 2")
    done = call(ada, "verify", "-o", "json").json
    assert {"branch-rewound", "sequence-twice"} <= {each["code"] for each in done["violations"]}
    assert done["summary"]["commits"] == 2
    assert call(bob, "verify").code == 0


@pytest.mark.parametrize("words", [(), ("--env", "dev"), ("--all",)])
def test_an_environment_that_was_deleted_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    ada = shop(tmp_path, SMALL)
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    Clone(tmp_path / "remote.git", ada.environ).git("update-ref", "-d", "refs/heads/env/dev")
    done = call(ada, "verify", *words, "-o", "json")
    (violation,) = done.json["violations"]
    assert (done.code, violation["where"], violation["code"]) == (1, "env/dev", "branch-rewound")
    assert "the branch was deleted" in violation["message"]


def test_a_default_branch_that_is_gone_is_named_and_ends_nothing(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    Clone(tmp_path / "remote.git", ada.environ).git("update-ref", "-d", "refs/heads/main")
    done = call(ada, "verify", "-o", "json").json
    assert [(each["where"], each["code"]) for each in done["violations"]] == [
        ("the default branch", "unreadable")
    ]


def test_a_shallow_clone_is_made_whole_as_far_as_is_looked_at(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    url = ada.git("remote", "get-url", "origin")
    ada.git("clone", "--quiet", "--depth", "1", "--no-single-branch", "--no-tags", url, str(tmp_path / "s"))
    done = call(Clone(tmp_path / "s", ada.environ), "verify", "-o", "json").json
    assert (done["violations"], done["summary"]["commits"]) == ([], 2)
