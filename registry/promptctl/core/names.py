"""Addresses, and the refs made from them: written and parsed here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from promptctl.core.limits import NAME_LENGTH
from promptctl.core.versions import Version
from promptctl.errors import UsageError

FOLDERS = {
    "prompt": "prompts",
    "context_template": "context_templates",
    "rag_config": "rag_configs",
    "index_manifest": "index_manifests",
    "guardrail": "guardrails",
    "tool_policy": "tool_policies",
    "oversight_policy": "oversight_policies",
    "partial": "partials",
    "eval_suite": "evals",
    "dataset": "datasets",
}
"""Kind to folder, in the order people read them."""

KINDS = {folder: kind for kind, folder in FOLDERS.items()}
JUDGES = "prompts/judges/"
ENVIRONMENTS = "refs/heads/env/"
EVIDENCE_BRANCH = "refs/heads/evidence"

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]*")
_VERSION_LIKE = re.compile(r"v[0-9]+(\.[0-9]+)*")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TAG = re.compile(r"refs/tags/(?P<address>[^ ]+)/v(?P<version>[0-9.]+)")


def name_problem(name: str) -> str | None:
    """Say what is wrong with an artifact's name (the path below its folder), or None."""
    if not name or len(name) > NAME_LENGTH:
        return f"a name has 1 to {NAME_LENGTH} characters"
    for segment in name.split("/"):
        if _SEGMENT.fullmatch(segment) is None:
            return f"{segment!r} may hold a-z, 0-9, '.', '_' and '-' only, and begins with a letter or digit"
        if segment.endswith((".lock", ".")) or ".." in segment:
            return f"{segment!r} may not end in '.lock' or '.', nor hold '..'"
        if _VERSION_LIKE.fullmatch(segment):
            return f"{segment!r} looks like a version"
        if _DEVICE.fullmatch(segment):
            return f"{segment!r} is a device name on Windows"
    return None


@lru_cache(16_384)  # all environments serve the same names
def split_address(address: str) -> tuple[str, str]:
    """Return (kind, name) of `prompts/support-answer`; raise `UsageError` where it is no address."""
    folder, _, name = address.partition("/")
    if folder not in KINDS or name_problem(name):
        raise UsageError(f"{address!r} is not an address", hint="addresses look like prompts/support-answer")
    return KINDS[folder], name


def address_of(kind: str, name: str) -> str:
    """Return the address of a kind's artifact."""
    return f"{FOLDERS[kind]}/{name}"


def full_address(name: str) -> str:
    """Return the address that NAME means on the command line and in the SDK: a bare name is a prompt's.

    `judges/support` is the prompt `prompts/judges/support`; `rag_configs/x` is itself.
    """
    folder, _, rest = name.partition("/")
    address = name if rest and folder in KINDS else f"prompts/{name}"
    split_address(address)
    return address


def is_releasable(address: str) -> bool:
    """Prompts are released, judges are not."""
    return address.startswith("prompts/") and not address.startswith(JUDGES)


def tag_of(address: str, version: Version) -> str:
    """Return the full ref name of a release's tag."""
    return f"refs/tags/{address}/v{version}"


def tags_of(address: str) -> str:
    """Return the pattern of all release tags of an address, as it is fetched."""
    return f"refs/tags/{address}/v*"


def short_name(address: str) -> str:
    """Return what people call an address: prompts go by their bare name."""
    return address.removeprefix("prompts/")


def parse_tag(ref: str) -> tuple[str, Version] | None:
    """Return (address, version) of a release tag's full ref name, None for any other ref."""
    match = _TAG.fullmatch(ref)
    if match is None:
        return None
    try:
        split_address(match["address"])
        return match["address"], Version.parse(match["version"])
    except UsageError:
        return None


def environment_ref(environment: str) -> str:
    """Return the full ref name of an environment's branch; raise `UsageError` for an impossible name."""
    if _ENVIRONMENT.fullmatch(environment) is None:
        raise UsageError(
            f"{environment!r} is not an environment's name", hint="names look like dev, staging, prod-eu"
        )
    return ENVIRONMENTS + environment


@dataclass(frozen=True, slots=True)
class Ref:
    """What REF means on the command line: a place in the work tree, a version, an environment, a revision.

    At most one of `version`, `environment` and `revision` is set; none means the work tree. `address` is
    empty where a whole environment is meant (`@prod`).
    """

    address: str
    version: Version | None = None
    environment: str = ""
    revision: str = ""

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read `NAME`, `NAME@1.2.0`, `NAME@prod`, `NAME@git:REV` or `@prod`; raise `UsageError`."""
        name, separator, place = text.partition("@")
        address = full_address(name) if name else ""
        if not separator and address:
            return cls(address)
        if place.startswith("git:") and address and len(place) > len("git:"):
            return cls(address, revision=place.removeprefix("git:"))
        if place[:1].isdigit() and "." in place and address:
            return cls(address, version=Version.parse(place))
        environment_ref(place)
        return cls(address, environment=place)

    def __str__(self) -> str:
        if self.revision:
            return f"{self.address}@git:{self.revision}"
        place = str(self.version) if self.version else self.environment
        return f"{self.address}@{place}" if place else self.address
