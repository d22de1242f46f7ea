"""The refusal for a name that stands for nothing, with the one that may be meant."""

from __future__ import annotations

from promptctl.core.suggest import nearest
from promptctl.errors import UsageError
from promptctl.model.registry import Registry


def missing(address: str, registry: Registry) -> UsageError:
    """Return the refusal for an artifact that is not there, with the one that may be meant: a name like it
    in its folder, or its name in another folder.
    """
    folder, _, name = address.partition("/")
    everywhere = {each.partition("/")[2]: each for each in registry.paths}
    inside = {each.partition("/")[2]: each for each in registry.paths if each.startswith(f"{folder}/")}
    close = nearest(name, inside)
    meant = inside[close] if close else everywhere.get(name)
    return UsageError(f"there is no {address}", hint=f"did you mean {meant}?" if meant else "promptctl list")
