"""What the policies of a release demand now: guardrails, tool policies, oversight, and other safeguards.

The one rule is that nothing looser stays unsaid: a change that cannot be shown to be as strict is marked too.
docs/reference/loosening.md says for every field which way is looser, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any, get_args, get_origin, get_type_hints

from promptctl.core.bundle import Bundle
from promptctl.core.kinds import kind_class, load
from promptctl.core.names import KINDS, short_name
from promptctl.core.trust import CONTEXT, END_USER
from promptctl.model.difference import guardrails, oversight, tool_policies
from promptctl.model.difference.change import Change
from promptctl.model.difference.counterparts import counterparts
from promptctl.model.difference.policy_change import UNPROVEN, PolicyChange

KEYS = {
    "guardrails": "guardrail",
    "tool_policies": "tool_policy",
    "oversight_policy": "oversight_policy",
}
"""The keys of a prompt that name policies, and their kinds."""

_CHANGES: Mapping[str, Any] = {
    "guardrail": guardrails.changes,
    "tool_policy": tool_policies.changes,
    "oversight_policy": oversight.changes,
}
_NAMES = {
    "guardrail": "the guardrail",
    "tool_policy": "the tool policy",
    "oversight_policy": "the oversight policy",
}


def policy_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield every change of a policy that the root uses, or of the root itself where it is one."""
    for key, kind in KEYS.items():
        old, new = _used(before, key, kind), _used(after, key, kind)
        pairs = list(_pairs(old, new, before, after))
        for was, now in pairs:
            if was != now:
                what = f"{_NAMES[kind]} {_name(now)} is used in place of {_name(was)}"
                yield Change("minor", f"{after.root}: uses.{key}", what, "policies")
            yield from _of_bodies(kind, now, before.artifacts[was], after.artifacts[now])
        paired = {*chain.from_iterable(pairs)}
        for address in (each for each in old if each not in paired):
            what = f"{_NAMES[kind]} {_name(address)} is no longer used"
            yield Change("minor", f"{after.root}: uses.{key}", what, "policies", loosens=True)
        for address in (each for each in new if each not in paired):
            yield from _added(key, kind, address, [after.artifacts[now] for _, now in pairs], after)
        ordered = list(_order(key, pairs, old, new, after))
        yield from ordered
        if kind == "guardrail" and len(new) > 1 and not any(each.loosens for each in ordered):
            yield from _hidden(key, old, new, before, after)
    yield from _safeguards(before, after)


def _used(bundle: Bundle, key: str, kind: str) -> list[str]:
    """Return the addresses of the policies of a kind, each once."""
    if KINDS[bundle.root.partition("/")[0]] == kind:
        return [bundle.root]
    named = bundle.body.get("uses", {}).get(key, [])
    return list(dict.fromkeys([named] if isinstance(named, str) else named))


def _pairs(
    old: Sequence[str], new: Sequence[str], before: Bundle, after: Bundle
) -> Iterator[tuple[str, str]]:
    """Yield what is to be compared with what: the same address, the same content, the only one left."""
    yield from ((each, each) for each in old if each in new)
    gone, come = ([each for each in one if each not in other] for one, other in ((old, new), (new, old)))
    for was in list(gone):
        equal = next((now for now in come if before.artifacts[was] == after.artifacts[now]), None)
        if equal is not None:
            gone.remove(was)
            come.remove(equal)
            yield was, equal
    if len(gone) == len(come) == 1:
        yield gone[0], come[0]


def _of_bodies(kind: str, address: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if old == new:
        return
    found: list[PolicyChange] = list(_CHANGES[kind](load(kind, old), load(kind, new)))
    if _unknown(kind_class(kind), old) != _unknown(kind_class(kind), new):
        what = f"it has settings that this version of promptctl does not know: {UNPROVEN}"
        found.append(PolicyChange("", what, loosens=True))
    for each in found or [PolicyChange("", "it is written differently and decides the same")]:
        where = f"{address}: {each.path}" if each.path else address
        yield Change("minor", where, each.what, "policies", each.loosens, each.texts)


def _unknown(annotation: Any, value: Any) -> Any:
    """Return of a body what has no field in its kind, None where everything has one."""
    if is_dataclass(annotation) and isinstance(value, dict):
        hints = get_type_hints(annotation)
        names = {each.name for each in fields(annotation)}
        found = {key: _unknown(hints[key], each) if key in names else each for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not None} or None
    inner = [each for each in get_args(annotation) if is_dataclass(each)]
    if not inner:
        return None
    if isinstance(value, list):
        found_in = [_unknown(inner[0], each) for each in value]
        return found_in if any(each is not None for each in found_in) else None
    if isinstance(value, dict) and get_origin(annotation) is dict:
        return {key: found for key, each in value.items() if (found := _unknown(inner[0], each))} or None
    return _unknown(inner[0], value)


def _added(
    key: str, kind: str, address: str, others: Sequence[Mapping[str, Any]], after: Bundle
) -> Iterator[Change]:
    """A policy where there was none only limits. Beside others it may allow what they do not."""
    where = f"{after.root}: uses.{key}"
    yield Change("minor", where, f"{_NAMES[kind]} {_name(address)} is now used", "policies")
    if not others:
        return
    policy = load(kind, after.artifacts[address])
    for what in _allows(kind, policy, [load(kind, each) for each in others]):
        yield Change("minor", f"{address}: {what.path}", what.what, "policies", what.loosens)


def _allows(kind: str, policy: Any, others: Sequence[Any]) -> Iterator[PolicyChange]:
    """Yield what a policy allows and none of the others lists."""
    if kind == "tool_policy":
        if policy.default == "allow" and not any(each.default == "allow" for each in others):
            yield PolicyChange("default", "a tool that is not listed is now allowed", loosens=True)
        if any(each.default == "allow" for each in others):
            return
        listed = [tool for each in others for tool in each.tools]
        for tool in policy.tools:
            if tool not in listed:
                what = f"{tool.name} may now be called as {_NAMES[kind]} added says"
                yield PolicyChange(f"tools.{tool.name}", what, loosens=True)
    elif kind == "guardrail" and not any(each.egress.default == "allow" for each in others):
        if policy.egress.default == "allow":
            yield PolicyChange("egress.default", "text may now be sent anywhere", loosens=True)
        known = {host for each in others for host in guardrails.hosts(each.egress)}
        for host in sorted({*guardrails.hosts(policy.egress)} - known):
            yield PolicyChange("egress.destinations", f"the host {host} was added", loosens=True)


def _order(
    key: str, pairs: Iterable[tuple[str, str]], old: Sequence[str], new: Sequence[str], after: Bundle
) -> Iterator[Change]:
    """Guardrails run one after the other, and one that redacts hides text from those that follow.

    Of tool policies that list the same tool nobody knows which counts.
    """
    moved = sorted(pairs, key=lambda pair: old.index(pair[0]))
    order = [new.index(now) for _, now in moved]
    if order == sorted(order):
        return
    names = ", ".join(_name(each) for each in new)
    loosens = key == "tool_policies" or any(
        rule.action == "redact"
        for _, now in moved
        for side in ("input", "output")
        for rule in getattr(load("guardrail", after.artifacts[now]), side)
    )
    what = f"the order is now {names}" + (f": {UNPROVEN}" if loosens else "")
    yield Change("minor", f"{after.root}: uses.{key}", what, "policies", loosens)


def _hidden(
    key: str, old: Sequence[str], new: Sequence[str], before: Bundle, after: Bundle
) -> Iterator[Change]:
    """What one guardrail takes out, those after it do not see: together they are one row of rules."""
    rows = [
        [load("guardrail", bundle.artifacts[each]) for each in used]
        for bundle, used in ((before, old), (after, new))
    ]
    for side in ("input", "output"):
        was, now = (
            guardrails.parts(chain.from_iterable(getattr(each, side) for each in row)) for row in rows
        )
        if guardrails.reordered(was, now):
            what = f"one that redacts hides text of the {side} from those after it: {UNPROVEN}"
            yield Change("minor", f"{after.root}: uses.{key}", what, "policies", loosens=True)


def _safeguards(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield what is looser outside of policies: a refusal without passages, and the trust in inputs."""
    if _refuses_empty(before) and not _refuses_empty(after):
        what = "where nothing is found, it now answers without passages in place of refusing"
        yield Change("minor", f"{after.root}: context.on_empty", what, "policies", loosens=True)
    gone: list[str] = []
    come: list[str] = []
    for other, old, new in _inputs(before, after):
        for name in sorted({*old} & {*new}):
            if _is_untrusted(old[name]) and not _is_untrusted(new[name]):
                what = f"the input {name} is no longer treated as the text of an end user"
                yield Change("minor", f"{other}: inputs.{name}.trust", what, "policies", loosens=True)
        gone += (each for each in sorted({*old} - {*new}) if _is_untrusted(old[each]))
        come += (each for each in sorted({*new} - {*old}) if not _is_untrusted(new[each]))
    if gone and come:
        what = (
            f"{', '.join(gone)} held the text of an end user; {', '.join(come)} may hold it now, and is not"
        )
        what = f"{what} treated as such: {UNPROVEN}"
        yield Change("minor", f"{after.root}: inputs", what, "policies", loosens=True)


def _inputs(before: Bundle, after: Bundle) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the inputs before and after of what has a counterpart, and of a context template without one:
    the prompt's own input `context` is then what its inputs went to.
    """
    for address, other in counterparts(before, after):
        yield other, before.artifacts[address].get("inputs", {}), after.artifacts[other].get("inputs", {})
    laid, now = (each.body.get("uses", {}).get("context_template") for each in (before, after))
    if laid and not now:
        rest = {name: each for name, each in after.body.get("inputs", {}).items() if name == CONTEXT}
        yield after.root, before.artifacts[laid].get("inputs", {}), rest


def _is_untrusted(declared: Mapping[str, Any]) -> bool:
    return bool(declared.get("trust") == END_USER)


def _refuses_empty(bundle: Bundle) -> bool:
    config = bundle.artifacts.get(bundle.body.get("uses", {}).get("rag_config"), {})
    if bundle.root.startswith("rag_configs/"):
        config = bundle.body
    return bool(config.get("context", {}).get("on_empty") == "refuse")


def _name(address: str) -> str:
    return short_name(address)
