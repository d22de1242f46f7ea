"""The gates of people and of time, on real repositories with real keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.experiments import experiment
from helpers.forging import Forger, place
from helpers.keys import SIGNERS, signers, signs
from helpers.repositories import Clone, make_clone
from helpers.shop import (
    SHOP,
    SMALL,
    another,
    call,
    finished,
    lock_of,
    new_version,
    ok,
    publish,
    refused,
    serving,
    start,
)
from helpers.shop import shop as make_shop

from promptctl.model.evidence import CaseResult
from promptctl.model.statements import name_of
from promptctl.model.suite import suites_of
from promptctl.services.gating.suites import default_suites
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

HELLO = "prompts/hello"
PIPELINE = """\
environments:
  - name: dev
  - name: prod
    after: dev
    gates: GATES
people: {ada: [ada@acme.example], grace: [grace@acme.example], lin: [lin@acme.example]}
groups: {security: [lin]}
promoters: [ada@acme.example, lin@acme.example]
waivers: {allowed: [lin]}
"""


def pipeline(gates: str) -> dict[str, str]:
    return {"promptctl.yaml": PIPELINE.replace("GATES", gates)}


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    return make_shop(tmp_path, SMALL)


@pytest.fixture
def grace(ada: Clone) -> Clone:
    return another(ada, "grace")


@pytest.fixture
def lin(ada: Clone) -> Clone:
    return another(ada, "lin")


@pytest.fixture
def team(ada: Clone, grace: Clone, lin: Clone) -> tuple[Clone, Clone, Clone]:
    """Three people with keys that the default branch knows, and a release that serves dev."""
    publish(ada, signers((ada, grace, lin)) | pipeline("{}"))
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    return ada, grace, lin


def gates(clone: Clone, *words: str, code: int = 1) -> dict[str, Any]:
    """Ask the gates of prod; return what each says."""
    done = call(clone, "promote", "hello", "--to", "prod", *words, "-o", "json")
    assert done.code == code, (done.out, done.err)
    return {each["gate"]: each for each in done.json["gates"]}


def record(clone: Clone, environment: str = "prod") -> Any:
    clone.git("fetch", "--quiet", "origin", f"refs/heads/env/{environment}")
    return json.loads(clone.git("show", "FETCH_HEAD:promotion.json"))


def test_two_people_who_did_not_write_it_let_a_release_into_prod(team: tuple[Clone, Clone, Clone]) -> None:
    ada, _, lin = team
    publish(ada, pipeline("{approvals: {count: 2, not_author: true}}"))
    said = gates(ada)["approvals"]
    assert (said["result"], said["hint"]) == ("fail", "promptctl approve hello@1.0.0 --for prod")
    for each in team:
        ok(each, "approve", "hello@1.0.0", "--for", "prod")
        if each is not lin:
            assert gates(ada)["approvals"]["result"] == "fail"
    said = gates(ada, code=0)["approvals"]
    assert (said["result"], len(said["evidence"])) == ("pass", 2)
    assert "ada" in said["reason"], "who wrote it is named, and does not count"
    assert serving(ada, "prod") == {HELLO: "1.0.0"}


def test_an_approval_dies_when_the_digest_changes(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 1}}"))
    ok(grace, "approve", "hello@1.0.0", "--for", "prod")
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    assert gates(ada)["approvals"]["result"] == "fail"
    ok(ada, "promote", "hello@1.0.0", "--to", "prod")


def test_an_approval_that_is_revoked_turns_its_gate_red_again(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 1}}"))
    statement = ok(grace, "approve", "hello@1.0.0", "--for", "prod")["statement"]
    assert gates(ada, "--dry-run", code=0)["approvals"]["result"] == "pass"
    ok(grace, "revoke", statement[:12], "--reason", "looked again")
    assert gates(ada)["approvals"]["result"] == "fail"


def test_evidence_that_was_deleted_does_not_begin_anew(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, lin = team
    publish(ada, pipeline("{approvals: {count: 1}}"))
    ok(grace, "approve", "hello@1.0.0", "--for", "prod")
    before = ada.git("ls-remote", "origin", "refs/heads/evidence").partition("\t")[0]
    ada.git("push", "--quiet", "origin", ":refs/heads/evidence")
    error = refused(grace, 4, "approve", "hello@1.0.0", "--for", "prod")
    assert error["hint"] == f"git push origin {before}:refs/heads/evidence puts it back"
    found = call(grace, "verify", "-o", "json").json["violations"]
    assert ("evidence", "branch-rewound") in {(each["where"], each["code"]) for each in found}
    grace.git("push", "--quiet", "origin", f"{before}:refs/heads/evidence")
    ok(lin, "approve", "hello@1.0.0", "--for", "prod")


def test_co_authors_and_the_authors_of_dependencies_do_not_count(tmp_path: Path) -> None:
    ada = make_shop(tmp_path, SHOP)
    grace, lin = another(ada, "grace"), another(ada, "lin")
    people = signers((ada, grace, lin))
    publish(ada, people | pipeline("{approvals: {count: 1, not_author: true}}"))
    ok(ada, "release", "answer")
    ok(ada, "promote", "answer", "--to", "dev")
    ok(lin, "approve", "answer@1.0.0", "--for", "prod")
    ok(ada, "promote", "answer", "--to", "prod")
    publish(
        ada,
        {"partials/voice.md": "You are brief.\n"},
        "a voice\n\nCo-authored-by: Grace <Grace@acme.example>\n",
    )
    ok(ada, "release", "answer")
    ok(ada, "promote", "answer", "--to", "dev")
    ok(grace, "approve", "answer@1.1.0", "--for", "prod")
    done = call(ada, "promote", "answer", "--to", "prod", "-o", "json")
    (said,) = (each for each in done.json["gates"] if each["gate"] == "approvals")
    assert (said["result"], "grace" in said["reason"]) == ("fail", True)
    ok(lin, "approve", "answer@1.1.0", "--for", "prod")
    ok(ada, "promote", "answer", "--to", "prod")


def forge(grace: Clone, shop_url: str, *, source_commit: str = "") -> None:
    """Push the tag of hello 1.1.0 that Grace made of a text nobody reviewed, under Ada's name."""
    own = grace.path.parent / "own.git"
    grace.git("clone", "--quiet", "--bare", shop_url, str(own))
    named = {**grace.environ, "GIT_AUTHOR_EMAIL": "ada@acme.example"}
    forger = make_clone(own.as_uri(), grace.path.parent / "forger", named)
    signs(forger, grace.path.parent / "keys" / "grace@acme.example")
    new_version(forger, "Sell hard.")
    tag = "prompts/hello/v1.1.0"
    if source_commit:
        raw = forger.git("cat-file", "commit", f"{tag}^{{commit}}")
        edited = re.sub("Source-Commit: .*", f"Source-Commit: {source_commit}", raw) + "\n"
        commit = forger.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=edited.encode())
        message = forger.git("tag", "--list", "--format=%(contents)", tag)
        forger.git("tag", "--force", "--annotate", "--cleanup=verbatim", "-m", message, tag, commit)
    forger.git("push", "--quiet", shop_url, f"refs/tags/{tag}", "HEAD:refs/heads/innocent")


@pytest.mark.parametrize("where", ["of a branch", "in an old commit's name", "of a name for a commit"])
def test_who_wrote_a_release_that_nobody_reviewed_cannot_be_told(
    team: tuple[Clone, Clone, Clone], where: str
) -> None:
    ada, grace, lin = team
    ok(ada, "promote", "hello", "--to", "prod")
    reviewed = publish(ada, pipeline("{approvals: {count: 1, not_author: true}}"))
    source = {"of a branch": "", "of a name for a commit": "HEAD"}.get(where, reviewed)
    forge(grace, ada.git("remote", "get-url", "origin"), source_commit=source)
    ada.git("fetch", "--quiet", "origin")
    ok(ada, "promote", "hello", "--to", "dev")
    for each in (grace, lin):
        ok(each, "approve", "hello@1.1.0", "--for", "prod")
    said = gates(ada)["approvals"]
    assert said["result"] == "inconclusive", said["reason"]
    assert serving(ada, "prod") == {HELLO: "1.0.0"}
    found = call(ada, "verify", "-o", "json").json["violations"]
    assert ("prompts/hello/v1.1.0", "source-unknown") in {(each["where"], each["code"]) for each in found}


def test_who_wrote_it_cannot_be_told_in_a_shallow_clone(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 1, not_author: true}}"))
    ok(grace, "approve", "hello@1.0.0", "--for", "prod")
    url = ada.git("remote", "get-url", "origin")
    Clone(ada.path.parent, ada.environ).git("clone", "--quiet", "--depth", "1", url, "shallow")
    shallow = Clone(ada.path.parent / "shallow", ada.environ)
    said = gates(shallow, "--dry-run")["approvals"]
    assert (said["result"], said["hint"]) == ("inconclusive", "git fetch --unshallow")


def undecided(clone: Clone) -> str:
    """Record, as anybody may who pushes there, an experiment that decides nothing; return its name."""
    clone.git("fetch", "--quiet", "origin", "+refs/heads/evidence:refs/heads/evidence", check=False)
    with Repository.discover(clone.path, clone.environ) as repository:
        repository.refs.fetch([HEAD])
        (suite,) = suites_of(default_suites(repository), HELLO)
    made = experiment(
        HELLO,
        lock_of(clone, "dev")["pins"][HELLO]["digest"],
        suite_digest=suite.digest,
        dataset_sha256=suite.dataset_sha256,
        cases=tuple(CaseResult(each.id, scores={suite.primary: (1.0,)}) for each in suite.cases),
    )
    Forger(clone).commit({f"{place(made)}.json": made.to_bytes()})
    clone.git("push", "--quiet", "origin", "evidence")
    return name_of(made.to_bytes())


def test_who_wrote_a_release_does_not_review_its_experiment_under_another_name(
    team: tuple[Clone, Clone, Clone],
) -> None:
    ada, grace, lin = team
    asked = pipeline("{evals: {provider: local, inconclusive: review}}")["promptctl.yaml"]
    mine = asked.replace("[ada@acme.example],", "[ada@acme.example, grace@acme.example],")
    publish(
        ada,
        {
            "promptctl.yaml": mine.replace(" grace: [grace@acme.example],", ""),
            "evals/hello.yaml": "target: prompts/hello\ndataset: guests\nassert:\n"
            "  - {type: icontains, value: hello}\n",
            "datasets/guests.jsonl": '{"id": "a", "vars": {"name": "Bo"}}\n',
        },
    )
    ok(ada, "promote", "hello", "--to", "dev")
    name = undecided(ada)
    assert gates(lin)["evals"]["result"] == "inconclusive"
    ok(grace, "approve", "hello@1.0.0", "--for", "prod", "--experiment", name[:12])
    assert gates(lin)["evals"]["result"] == "inconclusive", "ada wrote it, and grace@acme.example is she"
    publish(ada, {"promptctl.yaml": asked})
    assert gates(lin, code=0)["evals"]["result"] == "pass"


def test_a_release_soaks_before_it_goes_on_and_promote_waits_for_it(team: tuple[Clone, Clone, Clone]) -> None:
    ada, *_ = team
    publish(ada, pipeline("{soak: 1h}"))
    said = gates(ada)["soak"]
    assert (said["result"], "of 1h" in said["reason"]) == ("fail", True)
    publish(ada, pipeline("{soak: 2s}"))
    ok(ada, "promote", "hello", "--to", "prod", "--wait")
    assert serving(ada, "prod") == {HELLO: "1.0.0"}


def test_time_that_a_rollback_ended_is_no_soak(team: tuple[Clone, Clone, Clone]) -> None:
    ada, *_ = team
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    ok(ada, "rollback", "hello", "--env", "dev", "--reason", "rude")
    publish(ada, pipeline("{soak: 1s}"))
    done = call(ada, "promote", "hello@1.1.0", "--to", "prod", "-o", "json")
    (said,) = (each for each in done.json["gates"] if each["gate"] == "soak")
    assert (said["result"], "rolled back" in said["reason"]) == ("fail", True)


def test_waiting_ends_at_once_where_more_than_time_is_missing(team: tuple[Clone, Clone, Clone]) -> None:
    ada, *_ = team
    publish(ada, pipeline("{soak: 1h, freeze: [{from: 2020-01-01, to: 2999-12-31}]}"))
    assert gates(ada, "--wait")["freeze"]["result"] == "fail"


def test_waiting_for_approvals_goes_on_when_the_last_is_there(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 1}}"))
    waiting = start(ada.path, "promote", "hello", "--to", "prod", "--wait", environ=ada.environ)
    assert waiting.stderr is not None
    assert b"waiting" in waiting.stderr.readline()
    ok(grace, "approve", "hello@1.0.0", "--for", "prod")
    assert finished(waiting).code == 0
    assert serving(ada, "prod") == {HELLO: "1.0.0"}


def test_nothing_is_promoted_in_a_freeze(team: tuple[Clone, Clone, Clone]) -> None:
    ada, *_ = team
    publish(ada, pipeline("{freeze: [{from: 2020-01-01, to: 2999-12-31, timezone: Europe/Berlin}]}"))
    said = gates(ada)["freeze"]
    assert (said["result"], "Europe/Berlin" in said["hint"] + said["reason"]) == ("fail", True)


def test_a_signed_release_passes_and_an_unsigned_one_does_not(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{signed: true}"))
    assert "ada@acme.example" in gates(ada, "--dry-run", code=0)["signed"]["reason"]
    grace.git("config", "--unset", "user.signingkey")
    grace.git("pull", "--quiet", "origin", "main")
    new_version(grace, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    said = gates(ada)["signed"]
    assert (said["result"], "not signed" in said["reason"]) == ("fail", True)


def test_what_loosens_a_policy_needs_the_group(tmp_path: Path) -> None:
    ada = make_shop(tmp_path, SHOP)
    grace, lin = another(ada, "grace"), another(ada, "lin")
    gate = pipeline("{policy_loosened: {from: [security]}}")
    publish(ada, signers((ada, grace, lin)) | gate)
    ok(ada, "release", "answer")
    for environment in ("dev", "prod"):
        ok(ada, "promote", "answer", "--to", environment)
    loose = SHOP["tool_policies/shop.yaml"].replace('"50.00"', '"500.00"')
    publish(ada, {"tool_policies/shop.yaml": loose})
    ok(ada, "release", "answer")
    ok(ada, "promote", "answer", "--to", "dev")
    shown = call(grace, "approve", "answer@1.1.0", "--for", "prod").out
    assert "loosened   0 of 1 in security approved (could approve: lin)" in shown
    assert "LOOSENS POLICY" in shown.partition("loosened  ")[2]
    done = call(ada, "promote", "answer", "--to", "prod", "-o", "json")
    (said,) = (each for each in done.json["gates"] if each["gate"] == "policy_loosened")
    assert (said["result"], "LOOSENS POLICY" in said["reason"]) == ("fail", True)
    ok(lin, "approve", "answer@1.1.0", "--for", "prod")
    ok(ada, "promote", "answer", "--to", "prod")


def test_a_suite_that_is_gone_since_the_last_promotion_needs_the_group(
    team: tuple[Clone, Clone, Clone],
) -> None:
    ada, _, lin = team
    suite = {
        "evals/hello.yaml": "target: prompts/hello\ndataset: hello\nassert: [{type: contains, value: hi}]\n",
        "datasets/hello.jsonl": '{"id": "c1", "vars": {"name": "Ada"}}\n',
    }
    publish(ada, suite | pipeline("{policy_loosened: {from: [security]}}"))
    ok(ada, "promote", "hello", "--to", "prod")
    ada.git("rm", "--quiet", "evals/hello.yaml")
    publish(ada, {})
    new_version(ada, "Greet warmly.")
    ok(ada, "promote", "hello", "--to", "dev")
    said = gates(ada)["policy_loosened"]
    assert (said["result"], "LOOSENS SUITE" in said["reason"]) == ("fail", True)
    ok(lin, "approve", "hello@1.1.0", "--for", "prod")
    assert gates(ada, code=0)["policy_loosened"]["result"] == "pass"


def test_a_waiver_is_signed_recorded_and_only_for_those_who_may(team: tuple[Clone, Clone, Clone]) -> None:
    ada, _, lin = team
    publish(ada, pipeline("{soak: 1h}"))
    words = ("promote", "hello", "--to", "prod", "--waive", "soak", "--reason", "stops a leak")
    assert "ada@acme.example may not waive" in refused(ada, 4, *words)["message"]
    assert (
        refused(lin, 2, *words[:4], "--waive", "hold", "--reason", "x")["message"]
        == "a hold cannot be waived"
    )
    assert "sok" in refused(lin, 2, *words[:4], "--waive", "sok", "--reason", "x")["message"]
    assert refused(lin, 2, *words[:6])["code"] == "usage"
    done = ok(lin, *words)
    (waiver,) = record(lin)["waivers"]
    assert {key: waiver[key] for key in ("gate", "address", "by", "reason")} == {
        "gate": "soak",
        "address": HELLO,
        "by": "lin@acme.example",
        "reason": "stops a leak",
    }
    assert [each["result"] for each in done["gates"] if each["gate"] == "soak"] == ["fail"]
    lin.git("fetch", "--quiet", "origin", "evidence")
    files = lin.git("ls-tree", "-r", "--name-only", "FETCH_HEAD")
    assert re.search(rf"/{waiver['statement']}\.json\n.*/{waiver['statement']}\.json\.sig", files)


def test_a_waiver_needs_a_key_that_the_default_branch_knows(team: tuple[Clone, Clone, Clone]) -> None:
    ada, _, lin = team
    publish(ada, pipeline("{soak: 1h}"))
    words = ("promote", "hello", "--to", "prod", "--waive", "soak", "--reason", "stops a leak")
    signers([another(ada, "eve")])
    eve = Clone(ada.path.parent / "eve", lin.environ)  # says that she is lin, and signs with her own key
    assert "do not know your key" in refused(eve, 4, *words)["message"]
    lin.git("config", "--unset", "user.signingkey")
    assert refused(lin, 4, *words)["hint"] == "promptctl init --signing"


@pytest.mark.parametrize("branch", ["work tree", "feature"])
def test_gates_are_those_of_the_default_branch_whatever_is_edited_here(
    team: tuple[Clone, Clone, Clone], branch: str
) -> None:
    ada, *_ = team
    publish(ada, pipeline("{soak: 1h, approvals: {count: 2}}"))
    if branch == "feature":
        ada.git("checkout", "--quiet", "-b", "loose")
        ada.commit(pipeline("{}"))
        ada.git("push", "--quiet", "origin", "loose")
    else:
        ada.write(pipeline("{}"))
    assert {each for each, said in gates(ada).items() if said["result"] != "pass"} == {"soak", "approvals"}


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_promoter_whose_key_no_longer_counts_promotes_nothing(
    team: tuple[Clone, Clone, Clone], how: str
) -> None:
    ada, _, lin = team
    key = ada.path.parent / "keys" / "ada@acme.example"
    if how == "revoked":
        publish(ada, {".promptctl/revoked_keys": key.with_suffix(".example.pub").read_bytes()})
    else:
        lines = (ada.path / SIGNERS).read_text("ascii")
        mail = "ada@acme.example "
        publish(ada, {SIGNERS: lines.replace(mail, f'{mail}valid-before="20260101Z" ')})
    assert how in refused(ada, 4, "promote", "hello", "--to", "prod")["message"]
    ok(lin, "promote", "hello", "--to", "prod")


def test_gates_are_read_from_where_environments_are_written(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 2}}"))
    there, loose = ada.git("remote", "get-url", "origin"), grace.path.parent / "loose.git"
    grace.git("clone", "--quiet", "--mirror", there, str(loose))
    publish(make_clone(loose.as_uri(), grace.path.parent / "looser", grace.environ), pipeline("{}"))
    ada.git("config", "remote.origin.url", loose.as_uri())
    ada.git("config", "remote.origin.pushurl", there)
    assert gates(ada)["approvals"]["result"] == "fail"
    ada.git("config", "--unset", "remote.origin.pushurl")
    ada.git("config", "--add", "remote.origin.url", there)
    assert "2 places" in refused(ada, 4, "promote", "hello", "--to", "prod")["message"]


def test_where_promoters_are_named_nobody_else_promotes(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    assert (
        "grace@acme.example is none of the promoters"
        in refused(grace, 4, "promote", "hello", "--to", "prod")["message"]
    )
    assert gates(grace, "--dry-run", code=0), "what the gates say is for everybody"
    ada.git("config", "--unset", "user.signingkey")
    assert refused(ada, 4, "promote", "hello", "--to", "prod")["hint"] == "promptctl init --signing"


def test_who_may_not_promote_hears_so_before_gates_stop_it_and_waits_for_nothing(
    team: tuple[Clone, Clone, Clone],
) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{soak: 1h, approvals: {count: 1}}"))
    for words in ((), ("--wait",)):
        error = refused(grace, 4, "promote", "hello", "--to", "prod", *words)
        assert "grace@acme.example is none of the promoters" in error["message"]
        assert "--dry-run" in error["hint"]
    assert gates(grace, "--dry-run")["soak"]["result"] == "fail", "what the gates say is for everybody"


def test_an_approval_that_does_not_count_is_named_with_the_reason(team: tuple[Clone, Clone, Clone]) -> None:
    ada, grace, _ = team
    publish(ada, pipeline("{approvals: {count: 1}}"))
    statement = ok(grace, "approve", "hello@1.0.0", "--for", "prod")["statement"]
    revoked = (grace.path.parent / "keys/grace@acme.example.pub").read_text("utf-8")
    publish(ada, {".promptctl/revoked_keys": revoked})
    reason = gates(ada)["approvals"]["reason"]
    assert statement[:12] in reason
    assert "revoked" in reason


def test_who_approved_sees_in_status_that_his_approval_counts(team: tuple[Clone, Clone, Clone]) -> None:
    ada, _, lin = team
    publish(ada, pipeline("{approvals: {count: 2, not_author: true}}"))
    ok(lin, "approve", "hello@1.0.0", "--for", "prod")
    shown = call(lin, "status").out
    assert "✗ approvals: 1 of 2 people approved: lin" in shown


def test_in_a_freeze_nobody_is_told_to_wait(team: tuple[Clone, Clone, Clone]) -> None:
    ada, *_ = team
    publish(ada, pipeline("{soak: 1h, freeze: [{from: 2020-01-01, to: 2999-12-31}]}"))
    done = call(ada, "promote", "hello", "--to", "prod", "--wait")
    assert (done.code, " --wait" in done.err) == (1, False)
    assert "from Wed 3000-01-01" in done.err
    assert " --wait" not in call(ada, "status").out
    publish(ada, pipeline("{soak: 1h}"))
    assert "→ promptctl promote hello@1.0.0 --to prod --wait" in call(ada, "status").out
