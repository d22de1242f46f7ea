"""Each safeguard is switched off in turn, in a copy of the code: the tests that guard it fail (R11)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.soak import IS_SOAK

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "registry/promptctl"


class Safeguard(NamedTuple):
    """What protects: exact text of a file, what stands there when it is off, and the tests that then fail."""

    file: str
    text: str
    off: str
    tests: tuple[str, ...]


def attack(on: str, *names: str) -> tuple[str, ...]:
    """Return the tests of these attacks."""
    page = f"tests/faults/test_attacks_on_{on}.py::test_an_attack_is_refused_by_all_whom_it_meets"
    return tuple(f"{page}[{name}]" for name in names)


STEPS, CUT, RACES = (f"tests/faults/test_{name}.py::test_" for name in ("steps", "cut", "races"))
SAFEGUARDS = {
    # --- the one push
    "the lease of a push": Safeguard(
        "store/refs.py",
        "lease = f\"--force-with-lease={ref}:{old or ''}\"",
        'lease = "--force"',
        (f"{RACES}who_planned_before_another_finished_does_not_undo_it",),
    ),
    "a lost race is no reason to move the same name": Safeguard(
        "services/environment_change.py",
        "            _refuse_same_name(earlier, plan)\n",
        "",
        (f"{RACES}of_many_promoters_who_planned_on_one_head_exactly_one_wins",),
    ),
    "a broken push is read back": Safeguard(
        "store/refs.py",
        "            failure = self._settle(ref, new, old, failure.words)\n",
        "            failure = Unavailable(failure.words)\n",
        (f"{STEPS}a_push_that_does_not_answer_is_read_back",),
    ),
    "a broken push is settled by the same push": Safeguard(
        "store/refs.py",
        "        again = self._push(ref, new, old)\n",
        "        return failure\n",
        (f"{CUT}a_server_that_works_on_after_the_connection_broke_is_waited_for",),
    ),
    "an empty answer is asked for again": Safeguard(
        "store/refs.py",
        "        result = self._fetch(refspecs)\n        if not self._found(result):\n",
        "        result = self._fetch(refspecs)\n        if not result:\n",
        (f"{CUT}an_answer_that_is_cut_in_its_head_is_no_remote_without_refs",),
    ),
    "a ref that cannot be read is not missing": Safeguard(
        "store/refs.py",
        "if result.returncode and _NO_REF not in result.words:",
        "if result.returncode and not result:",
        (f"{STEPS}a_ref_that_cannot_be_read_is_not_taken_for_one_that_is_not_there",),
    ),
    # --- gates
    "gates stop": Safeguard(
        "services/environment_change.py",
        "        return bool(self.stopping)\n",
        "        return False\n",
        ("tests/acceptance/test_promote.py",),
    ),
    "gate after": Safeguard(
        "gates/after.py", "candidate.digest in served", "True", ("tests/acceptance/test_promote.py",)
    ),
    "gate hold": Safeguard(
        "gates/hold.py", "if not holds:", "if True:", ("tests/acceptance/test_rollback.py",)
    ),
    "gate approvals counts": Safeguard(
        "gates/approvals.py",
        "passed = len(counted) >= settings.count",
        "passed = True",
        attack("signatures", "an approval of another release", "an approval that nobody signed"),
    ),
    "gate approvals excludes authors": Safeguard(
        "gates/approvals.py",
        "if person not in excluded}",
        "}",
        ("tests/unit/gates/test_approvals.py",),
    ),
    "gate signed": Safeguard(
        "gates/signed.py",
        "if signer is not None:",
        "if True:",
        attack("signatures", "a release that nobody signed"),
    ),
    "gate soak": Safeguard(
        "gates/soak.py",
        "_length_s(each, now) >= duration_s:",
        "True:",
        ("tests/unit/gates/test_soak.py",),
    ),
    "gate soak and rollbacks": Safeguard(
        "gates/soak.py",
        'if each.ended_by != "rollback" and _length_s',
        "if _length_s",
        ("tests/unit/gates/test_soak.py",),
    ),
    "gate freeze": Safeguard(
        "gates/freeze.py",
        "    if span is None:\n        return GateResult(",
        "    if True:\n        return GateResult(",
        ("tests/unit/gates/test_freeze.py",),
    ),
    "who may promote": Safeguard(
        "services/promote.py",
        "            _refuse_stranger(repository, made, actor)\n",
        "            pass\n",
        attack("signatures", "somebody without a key who promotes"),
    ),
    "a version keeps its content": Safeguard(
        "services/promote.py",
        "            _refuse_moved(release, [state, *([before] if before else [])])\n",
        "",
        attack("releases", "a version with the content of another"),
    ),
    # --- rollback
    "what was rolled back is held": Safeguard(
        "core/lock.py",
        "        if outgoing.digest == target.digest or self._held(outgoing.digest):\n",
        "        if True:\n",
        ("tests/acceptance/test_rollback.py",),
    ),
    "what comes back is what served": Safeguard(
        "services/rollback.py",
        "    releases.read_pinned(repository.objects, address, pin)\n",
        "",
        attack("environments", "an earlier pin of another digest"),
    ),
    # --- reading
    "the digest of a bundle": Safeguard(
        "core/bundle.py",
        "    if found != digest:\n",
        "    if False:\n",
        attack("environments", "a swapped bundle"),
    ),
    "the name of a tag": Safeguard(
        "store/releases.py",
        '    if said.name != ref.removeprefix("refs/tags/"):\n',
        "    if False:\n",
        attack("releases", "the tag of another version under a new name"),
    ),
    "the digest of a tag and its commit": Safeguard(
        "store/releases.py",
        '    if not said.digest or said.digest != promised.get("Digest"):\n',
        "    if False:\n",
        attack("releases", "a tag of another digest"),
    ),
    "a pin names its own tag": Safeguard(
        "core/lock.py",
        '        raise ValueError("a pin names the tag of its own release")\n',
        "        pass\n",
        attack("environments", "a pin on another prompt's tag"),
    ),
    # --- runtimes
    "a runtime does not go back": Safeguard(
        "sdk/snapshot.py",
        "    if sequence < previous.sequence:\n",
        "    if False:\n",
        attack("environments", "a sequence that goes back"),
    ),
    "a runtime takes no other content under one number": Safeguard(
        "sdk/snapshot.py",
        "    if sequence == previous.sequence and lock_bytes != previous.lock:\n",
        "    if False:\n",
        attack("environments", "an edited lock"),
    ),
    # --- signatures
    "the namespace of a signature": Safeguard(
        "sshsig.py",
        "    if said.namespace != namespace:\n",
        "    if False:\n",
        ("tests/store/test_evidence_forged.py",),
    ),
    "revoked keys": Safeguard(
        "sshsig.py",
        "    if key in (each for _, each in keys):\n",
        "    if False:\n",
        ("tests/store/test_evidence_forged.py",),
    ),
    "the bytes that were signed": Safeguard(
        "sshsig.py",
        "    if done.returncode == 0:\n",
        "    if True:\n",
        attack("signatures", "the signature of an older lock"),
    ),
    "who a statement is by": Safeguard(
        "store/evidence.py",
        "    if not isinstance(statement, Experiment) and statement.by != verified.principal:\n",
        "    if False:\n",
        ("tests/store/test_evidence_forged.py",),
    ),
    "the folder of a statement": Safeguard(
        "store/evidence.py",
        "        if folder_of(statement.address, statement.digest) != folder:\n            about",
        "        if False:\n            about",
        ("tests/store/test_evidence_forged.py",),
    ),
    # --- verify
    "verify: the history explains every lock": Safeguard(
        "services/verify/chain.py",
        "not explains(promotion, before, lock, earlier):",
        "False:",
        attack("environments", "an edited lock with the README for it"),
    ),
    "verify: the sequence": Safeguard(
        "services/verify/chain.py",
        "    if not is_next:\n",
        "    if False:\n",
        attack("environments", "a sequence that skips"),
    ),
    "verify: the time": Safeguard(
        "services/verify/chain.py",
        "        if later[1] < earlier[1]:\n",
        "        if False:\n",
        attack("environments", "a commit dated before the one below"),
    ),
    "verify: the trees": Safeguard(
        "services/verify/trees.py",
        "    if spliced is None or spliced.oid != pin.tree:\n",
        "    if spliced is None:\n",
        attack("environments", "the files of another release"),
    ),
    "verify: the tags": Safeguard(
        "services/verify/trees.py",
        "    if tag_object != pin.tag_object:\n",
        "    if False:\n",
        attack("releases", "a moved tag"),
    ),
    "verify: the files of a release": Safeguard(
        "services/verify/trees.py",
        '        if hashes.get(path) != stated["files"].get(path):\n',
        "        if False:\n",
        attack("releases", "a release with an edited source file"),
    ),
    "verify: the bytes of a lock": Safeguard(
        "services/verify/steps.py",
        '        yield "lock-edited", "its lock.json was not written by promptctl"\n',
        "        pass\n",
        attack("environments", "a lock with a key twice"),
    ),
    "verify: unsigned locks": Safeguard(
        "services/verify/signatures.py",
        "    if not signature and not promoters:\n",
        "    if not signature:\n",
        attack("signatures", "a signature that is gone"),
    ),
    "verify: who signed a lock": Safeguard(
        "services/verify/signatures.py",
        "    elif promoters and verified.principal",
        "    elif False and verified.principal",
        attack("signatures", "a lock signed by somebody who may not promote"),
    ),
    # --- git
    "no hook runs": Safeguard(
        "gitcmd.py",
        '    "core.hooksPath": os.devnull,\n',
        "",
        ("tests/unit/test_gitcmd.py", "tests/store/test_hostile_repository.py"),
    ),
    "no other transports": Safeguard(
        "gitcmd.py",
        '    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",\n',
        "",
        ("tests/unit/test_gitcmd.py", "tests/store/test_hostile_repository.py"),
    ),
    "control characters are not printed": Safeguard(
        "gitcmd.py",
        '    text = re.sub(_CREDENTIALS, "", re.sub(_INVISIBLE, "", text))\n',
        "",
        ("tests/unit/test_gitcmd.py",),
    ),
    # --- release
    "only what was reviewed is released": Safeguard(
        "services/release.py",
        "    refuse_unreachable(repository, source.commit",
        "    (lambda *_: None)(repository, source.commit",
        ("tests/acceptance/test_release.py",),
    ),
    "only what was committed is released": Safeguard(
        "services/release.py",
        "    if dirty:\n",
        "    if False:\n",
        ("tests/acceptance/test_release.py",),
    ),
    "a version is released once": Safeguard(
        "services/release.py",
        "    if existing.digest != bundle.digest:\n",
        "    if False:\n",
        ("tests/acceptance/test_release.py",),
    ),
}
"""What the engine's promises hang on, each by one place in the code."""

SHORT = ("gate soak", "a runtime does not go back", "verify: the trees")


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_a_safeguard_stands_where_the_list_says(name: str) -> None:
    safeguard = SAFEGUARDS[name]
    assert (SOURCE / safeguard.file).read_text("utf-8").count(safeguard.text) == 1


@pytest.mark.parametrize("name", SAFEGUARDS if IS_SOAK else SHORT)
def test_without_a_safeguard_its_tests_fail(name: str, tmp_path: Path) -> None:
    safeguard = SAFEGUARDS[name]
    copy = tmp_path / "registry"
    shutil.copytree(SOURCE, copy / "promptctl", ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / "promptctl" / safeguard.file
    file.write_text(file.read_text("utf-8").replace(safeguard.text, safeguard.off), "utf-8")
    words = [
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        str(tmp_path / "t"),
    ]
    every = "1" if "attacks" in safeguard.tests[0] else ""  # of which a short run tries some
    done = subprocess.run(
        [sys.executable, *words, *safeguard.tests],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "PROMPTCTL_SOAK": every},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, f"{done.stdout.decode()[-2000:]}{done.stderr.decode()[-2000:]}"


def test_the_safeguards_are_counted(reached: Callable[[str], None]) -> None:
    tried = len(SAFEGUARDS if IS_SOAK else SHORT)
    reached(f"R11: {tried} of {len(SAFEGUARDS)} safeguards switched off in turn: the tests fail each time")
