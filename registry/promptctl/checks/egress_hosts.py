"""Destinations of a guardrail are told apart and name hosts: no addresses, no paths, no look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.document import Path, shown
from promptctl.model.registry import Artifact, Registry

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(\*\.(?={_LABEL}\.))?{_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST_LENGTH = 253


def _find(guardrail: Artifact, _: Registry) -> Iterator[Problem]:
    ids: set[str] = set()
    hosts: dict[str, str] = {}
    for index, each in enumerate(guardrail.value.egress.destinations):
        path: Path = ("egress", "destinations", index)
        if each.id in ids:
            message = f"the destination `{each.id}` is here twice"
            yield at(guardrail, (*path, "id"), message, "put the hosts into one, or rename one")
        ids.add(each.id)
        if not each.hosts:
            message = f"the destination `{each.id}` has no hosts"
            yield at(guardrail, path, message, "add hosts: [api.example.com]")
        for number, host in enumerate(each.hosts):
            problem = _problem(host) or _repeated(host, hosts, each.id)
            if problem is not None:
                yield at(guardrail, (*path, "hosts", number), *problem)
            hosts.setdefault(host, each.id)


def _problem(host: str) -> tuple[str, str] | None:
    """Say why a text is no host, with a hint."""
    if host == "*":
        return "`*` would be every host", "write egress: {default: allow} where every host is meant"
    if not host.isascii():
        return f"the host {shown(host)!r} has letters that are not ASCII", "write it as DNS does: xn--…"
    if len(host) <= _HOST_LENGTH and _HOST.fullmatch(host):
        return None
    bare = re.split(r"[/?#]", _SCHEME.sub("", host), maxsplit=1)[0].rpartition("@")[2].lower()
    hint = f"write {bare}" if _HOST.fullmatch(bare) else "write a host like api.example.com or *.example.com"
    if _SCHEME.match(host):
        return f"{shown(host)!r} is an address, not a host", hint
    if "*" in host:
        return f"in {shown(host)!r} the `*` must be the whole first part, before a domain", hint
    return f"{shown(host)!r} is not a host", hint


def _repeated(host: str, hosts: dict[str, str], name: str) -> tuple[str, str] | None:
    other = hosts.get(host)
    if other is None:
        return None
    where = "twice" if other == name else f"in the destination `{other}` too"
    return f"the host {host} is here {where}", "keep it in one place: what is redacted there depends on it"


RULE = Rule("PC150", "destinations have ids of their own and name hosts", kinds=("guardrail",), find=_find)
