"""Two guardrails: what comes in, goes out or leaves that did not before.

Rules have no names, so each is taken apart into what it looks for (an entity, a phrase, a forbidden tone, …),
and each of these must be looked for afterwards at least as strictly, by whichever rule.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from promptctl.core.kinds.guardrail import Egress, Guardrail, InputRule, OutputRule
from promptctl.model.difference.policy_change import PAIRS, UNPROVEN, PolicyChange

_BLOCKING = frozenset({"block", "refuse"})
"""Both keep all of it back; `redact` lets the rest through."""


_WORDS = {
    ("pii", True): "{} (personal data)",
    ("pii", False): "personal data",
    ("prompt_injection", False): "prompt injection",
    ("max_length", False): "the length",
    ("banned_phrases", True): "the banned phrase “{}”",
    ("banned_topics", True): "the banned topic “{}”",
    ("tone", True): "a {} tone",
    ("tone", False): "the tone",
}


class Part(NamedTuple):
    """One thing that a rule looks for. `value` is empty for what the rule's type alone says."""

    type: str
    field: str
    value: str

    @property
    def words(self) -> str:
        """What it is, for people."""
        return _WORDS.get((self.type, bool(self.value)), f"{self.type} {self.value}").format(self.value)


class Terms(NamedTuple):
    """How a part is looked for. `place` is that of its rule."""

    place: int
    action: str
    max_characters: int | None = None
    enforce: str = "runtime"
    judge: str | None = None
    min_score: float | None = None


Parts = Mapping[Part, Sequence[Terms]]


def changes(before: Guardrail, after: Guardrail) -> Iterator[PolicyChange]:
    """Yield every change. What is looser, or cannot be shown not to be, is marked."""
    found = [
        *_rules("input", parts(before.input), parts(after.input)),
        *_rules("output", parts(before.output), parts(after.output)),
        *_egress(before.egress, after.egress),
    ]
    yield from found
    if before.on_detector_error != after.on_detector_error:
        may = "is now blocked" if after.on_detector_error == "block" else "is now let through"
        what = f"what a detector fails on {may}"
        yield PolicyChange("on_detector_error", what, after.on_detector_error != "block")
    if before.fallback_message != after.fallback_message:
        texts = (before.fallback_message, after.fallback_message)
        yield PolicyChange("fallback_message", "what is said in place of an answer changed", texts=texts)


def parts(rules: Iterable[InputRule | OutputRule]) -> Parts:
    """Return everything that the rules look for, each with the ways it is looked for."""
    found: dict[Part, list[Terms]] = {}
    for place, rule in enumerate(rules):
        for part in _parts(rule):
            found.setdefault(part, []).append(_terms(place, rule))
    return found


def _parts(rule: InputRule | OutputRule) -> Iterator[Part]:
    lists = {"entities": rule.entities}
    if isinstance(rule, InputRule):
        lists["phrases"] = rule.phrases
    else:
        lists["forbidden"] = rule.forbidden
        # A topic is recognised by its phrases: under which name they stand is for people.
        lists["phrases"] = tuple(phrase for topic in rule.topics for phrase in topic.phrases)
        lists["topics"] = tuple(topic.id for topic in rule.topics if not topic.phrases)
    values = [Part(rule.type, field, value) for field, each in lists.items() for value in each]
    yield from values or [Part(rule.type, "", "")]


def _terms(place: int, rule: InputRule | OutputRule) -> Terms:
    if isinstance(rule, InputRule):
        return Terms(place, rule.action, max_characters=rule.max_characters)
    return Terms(place, rule.action, enforce=rule.enforce, judge=rule.judge, min_score=rule.min_score)


def _rules(side: str, old: Parts, new: Parts) -> Iterator[PolicyChange]:
    where = {"input": "in what users write", "output": "in answers"}[side]
    for part in sorted({*old, *new}):
        path = f"{side}.{part.type}"
        was, now = old.get(part, ()), new.get(part, ())
        if [each[1:] for each in was] == [each[1:] for each in now]:
            continue
        if not now:
            yield PolicyChange(path, f"{part.words} is no longer looked for {where}", loosens=True)
        elif not was:
            yield PolicyChange(path, f"{part.words} is now looked for {where}")
        else:
            yield from _weighed(path, part, was, now)
    if reordered(old, new):
        what = f"the order of the {side} rules changed, and one that redacts comes earlier: {UNPROVEN}"
        yield PolicyChange(side, what, loosens=True)


def _weighed(path: str, part: Part, was: Sequence[Terms], now: Sequence[Terms]) -> Iterator[PolicyChange]:
    """Yield what is weaker of every way that has no match as strict, else what is stricter."""
    said: dict[PolicyChange, None] = {}
    if len(was) * len(now) > PAIRS:
        yield PolicyChange(path, f"the rules about {part.words} changed: {UNPROVEN}", loosens=True)
        return
    for each in was:
        closest = min((list(_weaker(path, part, each, other)) for other in now), key=len)
        said.update(dict.fromkeys(closest))
    if not said:
        for each in now:
            closest = min((list(_weaker(path, part, each, other)) for other in was), key=len)
            if closest:
                said[PolicyChange(path, f"{part.words} is now handled more strictly")] = None
    yield from said or {PolicyChange(path, f"the rules about {part.words} decide the same as before"): None}


def _weaker(path: str, part: Part, old: Terms, new: Terms) -> Iterator[PolicyChange]:
    def looser(field: str, what: str) -> PolicyChange:
        return PolicyChange(f"{path}.{field}", f"{part.words}: {what}", loosens=True)

    if old.action in _BLOCKING and new.action not in _BLOCKING:
        yield looser("action", f"{new.action} now ({old.action} before)")
    if old.max_characters is not None and (new.max_characters or 10**18) > old.max_characters:
        now = "as many" if new.max_characters is None else f"{new.max_characters:,}"
        yield looser("max_characters", f"{now} characters now ({old.max_characters:,} before)")
    if old.enforce == "runtime" and new.enforce != "runtime":
        yield looser("enforce", "now only judged by suites, no longer checked at run time")
    if old.judge != new.judge:
        yield looser("judge", f"another judge ({old.judge or 'none'} → {new.judge or 'none'}): {UNPROVEN}")
    if old.min_score is not None and (new.min_score is None or new.min_score < old.min_score):
        now = "any score" if new.min_score is None else str(new.min_score)
        yield looser("min_score", f"{now} is enough now ({old.min_score} before)")


def reordered(old: Parts, new: Parts) -> bool:
    """Whether a rule that redacts now comes before one that it did not come before: that one sees less text.

    What only redacts as well loses nothing to a redaction that is new.
    """
    redacted = sorted((place, _redacts_at(old.get(part, ()))) for part, place in _redacting(new))
    kept = sorted(each for part in old.keys() & new.keys() for each in _places(old[part], new[part]))
    at, latest, latest_known = 0, -1, -1
    for now, was, only_redacts in kept:
        while at < len(redacted) and redacted[at][0] < now:
            before = redacted[at][1]
            latest = max(latest, before)
            latest_known = max(latest_known, before if before < sys.maxsize else -1)
            at += 1
        if (latest_known if only_redacts else latest) > was:
            return True
    return False


def _redacting(found: Parts) -> Iterator[tuple[Part, int]]:
    places = ((part, _redacts_at(terms)) for part, terms in found.items())
    return ((part, place) for part, place in places if place < sys.maxsize)


def _redacts_at(terms: Sequence[Terms]) -> int:
    """Return the first place where a part is taken out at run time, `sys.maxsize` where it never is."""
    places = (each.place for each in terms if each.action == "redact" and each.enforce != "eval")
    return min(places, default=sys.maxsize)


def _places(old: Sequence[Terms], new: Sequence[Terms]) -> Iterator[tuple[int, int, bool]]:
    """Yield where a part is looked for now and before, and whether that only redacts.

    Where it is looked for in other ways than before, the last place now stands for all, and the first before.
    """
    was, now = ({each[1:]: each.place for each in reversed(side)} for side in (old, new))
    if was.keys() == now.keys():
        yield from ((now[each], was[each], each[0] == "redact") for each in was)
    else:
        only_redacts = all(each.action == "redact" for each in new)
        yield max(now.values()), min(was.values()), only_redacts


class Leaves(NamedTuple):
    """What is taken out of text for a host, and what keeps it from being sent."""

    redact: frozenset[str]
    block: frozenset[str]


Hosts = Mapping[str, Sequence[tuple[str, Leaves]]]


def hosts(egress: Egress) -> Hosts:
    """Return by host (for a destination without any, by its id) what holds there, with the destination."""
    found: dict[str, list[tuple[str, Leaves]]] = {}
    for each in egress.destinations:
        leaves = Leaves(frozenset(each.redact), frozenset(each.block))
        for host in each.hosts or (each.id,):
            found.setdefault(host, []).append((each.id, leaves))
    return found


def _egress(before: Egress, after: Egress) -> Iterator[PolicyChange]:
    if before.default != after.default:
        now = "sent only to the destinations listed" if after.default == "deny" else "sent anywhere"
        yield PolicyChange("egress.default", f"text may now be {now}", after.default != "deny")
    old, new = hosts(before), hosts(after)
    for host in sorted({*old, *new}):
        if host not in new:
            falls = after.default != "deny"
            now = "has no rules of its own any more" if falls else "was removed"
            destination = old[host][0][0]
            what = f"the host {host} {now} (destination {destination})"
            yield PolicyChange(f"egress.destinations.{destination}", what, falls)
        elif host not in old:
            destination = new[host][0][0]
            what = f"the host {host} was added to destination {destination}"
            yield PolicyChange(f"egress.destinations.{destination}", what, before.default == "deny")
        elif [each for _, each in old[host]] != [each for _, each in new[host]]:
            yield from _host(host, old[host], new[host])


def _host(
    host: str, old: Sequence[tuple[str, Leaves]], new: Sequence[tuple[str, Leaves]]
) -> Iterator[PolicyChange]:
    """Where a host is listed more than once, the strictest entry did count and the laxest will."""
    path = f"egress.destinations.{new[0][0]}"
    blocked, seen = (frozenset.union(*(_kept_back(each)[at] for _, each in old)) for at in (0, 1))
    blocked_now, seen_now = (
        frozenset.intersection(*(_kept_back(each)[at] for _, each in new)) for at in (0, 1)
    )
    for entity in sorted(seen - seen_now):
        yield PolicyChange(path, f"{entity} may now be sent to {host}", loosens=True)
    for entity in sorted((blocked - blocked_now) & seen_now):
        what = f"text with {entity} may now be sent to {host}, with it taken out"
        yield PolicyChange(path, what, loosens=True)
    for entity in sorted((seen_now - seen) | (blocked_now - blocked)):
        yield PolicyChange(path, f"{entity} is now kept from {host}")


def _kept_back(leaves: Leaves) -> tuple[frozenset[str], frozenset[str]]:
    return leaves.block, leaves.block | leaves.redact
