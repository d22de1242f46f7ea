"""Reading bundles: the canonical JSON bytes of a closure, named by their digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from promptctl.core.limits import LOAD, Limits
from promptctl.errors import IntegrityError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Mapping
    from typing import Any

SCHEMA = "promptctl.bundle/v1"
TRUST_SCHEMA = "promptctl.bundle/v2"
"""The same, with inputs that say whom to trust: a reader that did not know of it would serve what end users
write as it is, so it must refuse the bundle.
"""
SCHEMAS = frozenset({SCHEMA, TRUST_SCHEMA})
"""Every schema ever published: all readers read them all."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a runtime loads: the root's address and the body of every artifact, by address."""

    root: str
    artifacts: Mapping[str, Any]
    digest: str

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the body of the root."""
        return self.artifacts[self.root]  # type: ignore[no-any-return]


def schema_of(artifacts: Mapping[str, Any]) -> str:
    """Return the oldest schema that a bundle of these bodies may have."""
    inputs = (each for body in artifacts.values() for each in body.get("inputs", {}).values())
    return TRUST_SCHEMA if any("trust" in each for each in inputs) else SCHEMA


def digest_of(content: bytes) -> str:
    """Return `sha256:` and the hash of the bytes, in hex."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def parse(content: bytes, *, digest: str, limits: Limits = LOAD) -> Bundle:
    """Return the bundle of bytes that have this digest; raise `IntegrityError` for any others."""
    if len(content) > limits.bundle_size_bytes:
        raise IntegrityError(f"bundle of {len(content)} bytes: at most {limits.bundle_size_bytes} are loaded")
    found = digest_of(content)
    if found != digest:
        raise IntegrityError(
            f"the bundle's bytes have the digest {found}, expected {digest}",
            hint="promptctl verify --all names what was changed",
        )
    try:
        parsed = json.loads(content)
        schema, root, artifacts = parsed["schema"], parsed["root"], parsed["artifacts"]
        known = schema in SCHEMAS and isinstance(artifacts[root], dict)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(f"bundle {digest} is not readable: {error!r}") from error
    if not known:
        raise IntegrityError(
            f"bundle {digest} has the schema {schema!r}, which this version does not read",
            hint="upgrade promptctl-registry",
        )
    if len(artifacts) > limits.artifacts_per_closure:
        raise IntegrityError(f"bundle {digest} holds {len(artifacts)} artifacts: too many")
    return Bundle(root, artifacts, digest)
