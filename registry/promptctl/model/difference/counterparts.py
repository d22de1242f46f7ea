"""Which artifact of one bundle is to be compared with which of the other."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.bundle import Bundle


def counterparts(before: Bundle, after: Bundle) -> Iterator[tuple[str, str]]:
    """Yield (address before, address after): the same address, or another that took over its part.

    Policies are left out where their addresses differ: `promptctl.model.difference.policies` pairs them.
    """
    both = {*before.artifacts} & {*after.artifacts}
    yield from ((each, each) for each in sorted(both))
    if not {before.root, after.root} & both and _folder(before.root) == _folder(after.root):
        yield before.root, after.root
    for old, new in zip(_parts(before), _parts(after), strict=True):
        if old != new and old in before.artifacts and new in after.artifacts and not {old, new} & both:
            yield old, new


def _parts(bundle: Bundle) -> tuple[str, str, str]:
    uses = bundle.body.get("uses", {})
    config = uses.get("rag_config", "")
    index = bundle.artifacts.get(config, bundle.body).get("index", "")
    return config, index, uses.get("context_template", "")


def _folder(address: str) -> str:
    return address.partition("/")[0]
