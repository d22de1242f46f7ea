"""Drift: where what serves is not what was released, as far as reading a few objects can tell.

Nothing is recomputed: that is `verify`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from promptctl.core.serving import Change, Served, Serving
from promptctl.core.written import short
from promptctl.store.objects import TREE
from promptctl.store.repository import Repository


class Drift(NamedTuple):
    """One difference. `code` is tree, tag, record, signature or moved; the last two are of no address."""

    code: str
    environment: str
    address: str
    message: str


def of_trees(repository: Repository, head: str, serving: Serving) -> Iterator[Drift]:
    """Yield the releases whose files in the environment are not the very tree that its lock pins."""
    wanted: dict[str, dict[str, str]] = {}
    for address, pin in serving.pins.items():
        folder, _, name = address.rpartition("/")
        wanted.setdefault(folder, {})[name] = pin.tree
    for folder, trees in wanted.items():
        stored = repository.objects.read(f"{head}:releases/{folder}")
        if stored is None or stored.data != _tree_bytes(trees):
            found = _entries(repository, f"{head}:releases/{folder}") if stored else {}
            yield from _unlike(serving, folder, trees, found)


def of_tags(
    repository: Repository, serving: Serving, addresses: Collection[str], asked: Collection[str]
) -> Iterator[Drift]:
    """Yield the pins of these addresses whose tag is another object than when it was promoted.

    A tag that is not here says nothing, unless the remote was `asked` for it, or there is none.
    """
    pins = [(each, serving.pins[each]) for each in addresses if each in serving.pins]
    names = [repository.refs.where(pin.tag) for _, pin in pins]
    for (address, pin), found in zip(pins, repository.objects.read_many(names, limit_bytes=0), strict=True):
        if found is not None and found.oid != pin.tag_object:
            now = f"tag {_tag(pin)} is {short(found.oid)}, was {short(pin.tag_object)} when promoted"
            yield Drift("tag", serving.environment, address, now)
        elif found is None and (pin.tag in asked or not repository.refs.remote):
            yield Drift("tag", serving.environment, address, f"tag {_tag(pin)} is gone")


def of_record(serving: Serving, change: Change | None) -> Iterator[Drift]:
    """Yield what the newest record says was moved and the lock does not have: a lock edited by hand."""
    for address, _, after in change.moves if change else ():
        pin = serving.pins.get(address)
        version = pin.version if pin else None
        if version != after:
            said = f"promotion.json says {after or 'nothing'} serves, lock.json says {version or 'nothing'}"
            yield Drift("record", serving.environment, address, said)


def _tree_bytes(trees: Mapping[str, str]) -> bytes:
    """Return the tree that has these and nothing else, in git's order: folders sort as if ended by `/`."""
    return b"".join(
        b"40000 %s\0%s" % (name.encode(), bytes.fromhex(trees[name]))
        for name in sorted(trees, key=lambda each: each + "/")
    )


def _entries(repository: Repository, treeish: str) -> dict[str, str]:
    return {each.name: each.oid for each in repository.objects.tree(treeish) or () if each.mode == TREE}


def _unlike(
    serving: Serving, folder: str, trees: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[Drift]:
    for name, oid in sorted(trees.items()):
        is_here = found.get(name)
        if is_here != oid:
            what = f"hold tree {short(is_here)}" if is_here else "are missing"
            message = f"its files {what}, the release is tree {short(oid)}"
            yield Drift("tree", serving.environment, f"{folder}/{name}", message)
    below = {address.removeprefix(f"{folder}/").partition("/")[0] for address in serving.pins}
    for name in sorted(set(found) - below):
        yield Drift(
            "tree", serving.environment, f"{folder}/{name}", "its files are here, lock.json has no pin"
        )


def _tag(pin: Served) -> str:
    return pin.tag.removeprefix("refs/tags/")
