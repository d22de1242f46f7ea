"""What records say of gates: each that was set is there, passed or waived, on evidence that is sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptctl.core.lock import Pin
from promptctl.core.written import short, timestamp
from promptctl.errors import UsageError
from promptctl.gates import approvals, freeze
from promptctl.gates.result import Candidate
from promptctl.model.evidence import Experiment
from promptctl.model.pipeline import Environment, Pipeline
from promptctl.model.statements import Approval, Signed, Waiver
from promptctl.services.gating.waivers import WAIVABLE, may_waive
from promptctl.services.verify.basis import Basis
from promptctl.services.verify.ledger import Ledger, waiver_problem
from promptctl.services.verify.steps import Step
from promptctl.services.verify.violation import Violation
from promptctl.store.signers import verify_tag

_GATE_KEYS = {"gate", "address", "result", "reason", "evidence"}
_WAIVER_KEYS = {"gate", "address", "reason", "by", "statement"}
_RESULTS = {"pass", "fail", "inconclusive"}


def check_gates(
    basis: Basis,
    ledger: Ledger,
    environment: str,
    steps: Sequence[Step],
    policies: Sequence[Pipeline | None],
) -> Iterator[Violation]:
    """Whether every promotion passed its gates, or somebody who might waived them."""
    # Steps are newest first: what stays is the first that used a waiver.
    used = {str(each.get("statement")): step.commit for step in steps for each in _waivers(step)}
    for step, pipeline in zip(steps, policies, strict=True):
        if step.promotion is not None and step.promotion.action == "promote" and step.lock is not None:
            yield from _Record(basis, ledger, environment, step, pipeline, used).check()


def _waivers(step: Step) -> Sequence[Mapping[str, Any]]:
    return step.promotion.waivers if step.promotion else ()


def required(environment: Environment) -> list[str]:
    """Return the gates that a policy asks before anything serves in an environment."""
    gates = environment.gates
    is_set = {
        "hold": True,
        "after": environment.after is not None,
        "soak": environment.after is not None and gates.soak is not None,
        "evals": gates.evals is not None,
        "policy_loosened": gates.policy_loosened is not None,
        "approvals": gates.approvals is not None,
        "signed": gates.signed,
        "freeze": bool(gates.freeze),
    }
    return [gate for gate, wanted in is_set.items() if wanted]


@dataclass(frozen=True, slots=True)
class _Record:
    """One promotion, the policy in force, and the commit that used each waiver first, by its statement."""

    basis: Basis
    ledger: Ledger
    environment: str
    step: Step
    pipeline: Pipeline | None
    used: Mapping[str, str]

    def check(self) -> Iterator[Violation]:
        promotion = self.step.promotion
        assert promotion is not None  # noqa: S101 - `check_gates` asks for nothing else
        for each in (*promotion.gates, *promotion.waivers):
            keys = _GATE_KEYS if "result" in each else _WAIVER_KEYS
            if each.keys() != keys or not all(isinstance(each[key], str) for key in keys - {"evidence"}):
                yield self._violation("record-edited", "holds a gate or waiver that promptctl did not write")
                return
        waived = {(each["gate"], each["address"]) for each in promotion.waivers}
        for gate in promotion.gates:
            yield from self._gate(gate, is_waived=(gate["gate"], gate["address"]) in waived)
        for waiver in promotion.waivers:
            yield from self._waiver(waiver)
        yield from self._missing()
        yield from self._again()
        yield from self._tags(waived)

    def _gate(self, gate: Mapping[str, Any], *, is_waived: bool) -> Iterator[Violation]:
        name = f"the gate {gate['gate']} of {gate['address']}"
        if gate["result"] not in _RESULTS or not isinstance(gate["evidence"], list):
            yield self._violation("record-edited", f"says of {name} what no gate says")
            return
        if gate["result"] != "pass" and not is_waived:
            yield self._violation("gate-not-passed", f"was promoted though {name} said {gate['result']}")
        if gate["result"] == "pass":
            for each in map(str, gate["evidence"]):
                problem = self._evidence(gate, each)
                if problem:
                    yield self._violation("evidence", f"{name} rests on {short(each)}: {problem}")

    def _evidence(self, gate: Mapping[str, Any], name: str) -> str:
        """Say why a statement that a gate rests on proves nothing, empty where it does."""
        statement = self.ledger.read(name)
        if isinstance(statement, str):
            return statement
        pin = self._pin(str(gate["address"]))
        if statement.address != gate["address"]:
            return f"it is about {statement.address}"
        if isinstance(statement, Approval):
            about = (statement.digest, statement.environment)
            if pin is None or about != (pin.digest, self.environment):
                return "it approves another digest, or for another environment"
        if isinstance(statement, Experiment) and self.pipeline and self.pipeline.evaluators:
            return self._experiment(statement, name, self.pipeline.evaluators)
        return ""

    def _experiment(self, experiment: Experiment, name: str, evaluators: Sequence[str]) -> str:
        signer = self.ledger.signer(experiment, name)
        if signer in evaluators:
            return ""
        return f"it is signed by {signer or 'nobody'}, and evaluators are declared"

    def _waiver(self, waiver: Mapping[str, Any]) -> Iterator[Violation]:
        name = f"the waiver of {waiver['gate']} for {waiver['address']} by {waiver['by']}"
        stopped = {(each["gate"], each["address"]) for each in self._gates() if each["result"] != "pass"}
        if waiver["gate"] not in WAIVABLE or (waiver["gate"], waiver["address"]) not in stopped:
            yield self._violation("waiver", f"{name} waives nothing that may be waived")
        if self.pipeline is not None and not may_waive(self.pipeline, str(waiver["by"])):
            yield self._violation("waiver", f"{name}: the policy of then does not allow it")
        if self.used[waiver["statement"]] != self.step.commit:
            yield self._violation("waiver", f"{name} was used before: it serves one promotion")
        pin, at = self._pin(str(waiver["address"])), self.step.at
        if pin is None or at is None:
            return  # the lock does not say what the record says, which is named already
        wanted = Waiver(
            address=waiver["address"],
            version=pin.version,
            digest=pin.digest,
            environment=self.environment,
            gate=waiver["gate"],
            by=waiver["by"],
            at=timestamp(at),
            reason=waiver["reason"],
        )
        problem = waiver_problem(self.ledger.read(waiver["statement"]), wanted)
        if problem:
            yield self._violation("waiver", f"{name}: {problem}")

    def _missing(self) -> Iterator[Violation]:
        """Whether a gate that was set was not asked."""
        target = self._target()
        if target is None or self.step.promotion is None:
            return
        asked = {(each["gate"], each["address"]) for each in self._gates()}
        for move in self.step.promotion.changes:
            for gate in required(target):
                if (gate, move.address) not in asked:
                    words = f"was promoted though the gate {gate} was not asked about {move.address}"
                    yield self._violation("gate-missing", words)

    def _again(self) -> Iterator[Violation]:
        """Whether the gates that need nothing else than the record, asked once more, still pass."""
        target, promotion = self._target(), self.step.promotion
        at = self.step.at
        if target is None or self.pipeline is None or promotion is None or at is None:
            return
        for each in promotion.gates:
            candidate = self._candidate(str(each["address"]))
            if each["result"] != "pass" or candidate is None:
                continue
            if each["gate"] == "freeze" and target.gates.freeze:
                said = freeze.check(candidate, windows=target.gates.freeze, now=at)
            elif each["gate"] == "approvals" and target.gates.approvals:
                said = approvals.check(
                    candidate,
                    settings=target.gates.approvals,
                    approvals=tuple(self._approvals(each)),
                    authors=(),
                    promoter=promotion.by,
                    people=self.pipeline.people,
                )
            else:
                continue
            if said.result != "pass":
                words = f"says that the gate {each['gate']} of {each['address']} passed: {said.reason}"
                yield self._violation("gate-not-passed", words)

    def _approvals(self, gate: Mapping[str, Any]) -> Iterator[Signed[Approval]]:
        for name in map(str, gate["evidence"]):
            statement = self.ledger.read(name)
            if isinstance(statement, Approval):  # a sound one is signed by whom it says it is by
                yield Signed(name, statement, statement.by)

    def _candidate(self, address: str) -> Candidate | None:
        pin = self._pin(address)
        return Candidate(address, pin.version, pin.digest, self.environment) if pin else None

    def _tags(self, waived: set[tuple[str, str]]) -> Iterator[Violation]:
        """Whether the tags are signed where they have to be, as far as they are here."""
        target = self._target()
        if target is None or not target.gates.signed or self.step.promotion is None:
            return
        for move in self.step.promotion.changes:
            pin = self._pin(move.address)
            stored = self.basis.repository.objects.read(pin.tag_object) if pin else None
            if stored is None or stored.type != "tag" or ("signed", move.address) in waived:
                continue
            verified = verify_tag(stored.data, self.basis.signers, now=self.basis.now)
            if verified.principal is None:
                words = f"promoted {move.address} {move.after}, whose tag does not verify: {verified.problem}"
                yield self._violation("tag-unsigned", words)

    def _target(self) -> Environment | None:
        try:
            return self.pipeline.environment(self.environment) if self.pipeline else None
        except UsageError:
            return None

    def _gates(self) -> Sequence[Mapping[str, Any]]:
        return self.step.promotion.gates if self.step.promotion else ()

    def _pin(self, address: str) -> Pin | None:
        return self.step.lock.pins.get(address) if self.step.lock else None

    def _violation(self, code: str, words: str) -> Violation:
        return Violation(f"env/{self.environment}", code, f"{short(self.step.commit)} {words}")
