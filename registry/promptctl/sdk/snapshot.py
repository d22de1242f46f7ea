"""What serves, as one immutable whole, and the rules by which something new is adopted.

Pure: files in, a snapshot or a refusal out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from promptctl.core import bundle, lock
from promptctl.core.environment import LOCK, bundle_path
from promptctl.core.names import full_address, split_address
from promptctl.core.rendering import tried
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, PromptctlError
from promptctl.sdk.prompt import Prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptctl.core.environment import Tree

_MISSHAPEN = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What code raises on a bundle that no publisher of ours wrote."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Verified releases of one environment. `prompts` has each twice: by name and by address."""

    environment: str
    commit: str
    sequence: int
    lock: bytes = field(repr=False)
    prompts: dict[str, Prompt] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def serving(self) -> dict[str, str]:
        """Return version by address."""
        return {each.address: each.version for each in self.prompts.values()}


def bundle_paths(lock_bytes: bytes, environment: str) -> list[str]:
    """Return the paths of all bundles that a lock pins; raise `IntegrityError` where it is no such lock."""
    return [bundle_path(each) for each in _pins(lock.parse(lock_bytes, environment=environment))]


def verified(tree: Tree, environment: str, previous: Snapshot | None = None) -> Snapshot:
    """Return the snapshot that these files make; raise `IntegrityError` where any of it must not serve.

    The lock reads and does not go back behind `previous`, every bundle has the digest that the lock names
    and a known schema, every template compiles and renders sample inputs.
    """
    lock_bytes = _file(tree, LOCK)
    parsed = lock.parse(lock_bytes, environment=environment)
    if previous is not None:
        _require_forward(lock_bytes, parsed.sequence, previous)
    known = {each.digest: each for each in previous.prompts.values()} if previous else {}
    prompts = [
        released(
            address,
            pin.version,
            pin.digest,
            _file(tree, bundle_path(address)),
            environment=environment,
            known=known.get(pin.digest),
        )
        for address, pin in _pins(parsed).items()
    ]
    return Snapshot(environment, tree.commit, parsed.sequence, lock_bytes, by_name(prompts), tree.warnings)


def released(
    address: str,
    version: str,
    digest: str,
    content: bytes,
    *,
    environment: str = "",
    known: Prompt | None = None,
) -> Prompt:
    """Return the prompt of a bundle that has this digest, compiled and tried with sample inputs.

    `known` is one of the same digest, which saves compiling again. Raises `IntegrityError`, which names the
    release, where it must not serve.
    """
    try:
        Version.parse(version)
        read = bundle.parse(content, digest=digest)
        if read.root != address:
            raise IntegrityError(f"its bundle is of {read.root}")
        if known is not None:
            return replace(known, version=version, environment=environment)
        return Prompt(address, version, digest, environment, read, tried(read))
    except PromptctlError as error:
        raise IntegrityError(f"{address} {version}: {error.message}", hint=error.hint) from error
    except _MISSHAPEN as error:
        raise IntegrityError(f"{address} {version}: the bundle is misshapen: {error!r}") from error


def by_name(prompts: list[Prompt]) -> dict[str, Prompt]:
    """Return the prompts by name and by address, so that a look-up need not normalise."""
    addresses = {each.address: each for each in prompts}
    names = {each.name: each for each in prompts if full_address(each.name) == each.address}
    return {**names, **addresses}


def _pins(parsed: lock.Lock) -> Mapping[str, lock.Pin]:
    """Return the pins; whatever is made from their addresses, such as paths, is safe to make."""
    for address in parsed.pins:
        try:
            split_address(address)
        except PromptctlError as error:
            raise IntegrityError(f"lock.json of env/{parsed.environment}: {error.message}") from error
    return parsed.pins


def _require_forward(lock_bytes: bytes, sequence: int, previous: Snapshot) -> None:
    where = f"lock.json of env/{previous.environment}"
    if sequence < previous.sequence:
        raise IntegrityError(
            f"{where} went back from sequence {previous.sequence} to {sequence}",
            hint="promptctl verify; where the remote was restored from a backup, remove the cache directory",
        )
    if sequence == previous.sequence and lock_bytes != previous.lock:
        raise IntegrityError(f"{where} has other content under the same sequence {sequence}")


def _file(tree: Tree, path: str) -> bytes:
    try:
        return tree.files[path]
    except KeyError:
        raise IntegrityError(f"{path} is missing in {tree.commit or 'the tree'}") from None
