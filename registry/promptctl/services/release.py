"""Release: an immutable, tagged closure with a version. Running it again is always safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promptctl.checks.same_index import RULE as SAME_INDEX
from promptctl.core import bundle as bundles
from promptctl.core.names import is_releasable, short_name, tag_of, tags_of
from promptctl.core.versions import FIRST, Bump, Version
from promptctl.core.written import short
from promptctl.errors import LostRaceError, RefusedError, UsageError
from promptctl.model import release as formats
from promptctl.model.bundle import BuiltBundle, build
from promptctl.model.difference.compare import Difference, compare
from promptctl.model.findings import Finding, refusal
from promptctl.model.registry import Registry
from promptctl.model.release import Release
from promptctl.services import signing
from promptctl.services.environment_change import Actor
from promptctl.services.missing import missing
from promptctl.services.validate import validate
from promptctl.services.versions import known_versions, read_release
from promptctl.store import files, releases
from promptctl.store.refs import HEAD
from promptctl.store.registry import read as read_registry
from promptctl.store.repository import Repository

ATTEMPTS = 3

Outcome = Literal["released", "unchanged", "exists", "planned"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be released: these addresses, or with `changed` every prompt whose digest is new."""

    addresses: tuple[str, ...] = ()
    changed: bool = False
    revision: str = ""
    bump: Bump | None = None
    version: Version | None = None
    notes: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """What became of one address. `difference` is against the version below, None for a first release."""

    outcome: Outcome
    address: str
    version: Version
    digest: str
    commit: str = ""
    tag_object: str = ""
    source_commit: str = ""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The commit that is released, and the registry in it."""

    commit: str
    raw: bytes
    registry: Registry


def release(
    repository: Repository, request: Request, actor: Actor, report: Callable[[Released], None]
) -> list[Released]:
    """Release each address in turn, one tag a push, reporting each as it is done.

    Raise `RefusedError` for uncommitted changes, a commit that is not on the default branch, or a version
    that exists with another tree; `StoppedError` for findings. What was released before a refusal stays.
    """
    repository.refs.fetch([HEAD, *map(tags_of, request.addresses)])
    source = read_source(repository, request.revision)
    addresses = request.addresses or tuple(filter(is_releasable, source.registry.paths))
    _check_addresses(addresses, source.registry)
    late = [*_branches(repository), *(tags_of(each) for each in addresses if each not in request.addresses)]
    if late:
        repository.refs.fetch(late)
    findings = validate(source.registry).findings
    bundles_built = {each: _bundle_of(repository, source, each, request, findings) for each in addresses}
    _refuse_unreachable(repository, source.commit)
    done = []
    for address in addresses:
        result = _release_one(repository, source, bundles_built[address], request, actor)
        if not (request.changed and result.outcome == "unchanged"):
            report(result)
            done.append(result)
    return done


def read_source(repository: Repository, revision: str) -> Source:
    """Return the commit that `revision` (default: HEAD of this clone) names, and its registry."""
    commit = repository.commit(revision)
    registry = read_registry(files.from_tree(repository.objects, commit.oid))
    return Source(commit.oid, commit.data, registry)


def _bundle_of(
    repository: Repository, source: Source, address: str, request: Request, findings: Sequence[Finding]
) -> BuiltBundle:
    """Return the bundle of a sound closure; what is wrong elsewhere in the registry stops nothing here."""
    bundle = build(source.registry, address)
    errors = [each for each in findings if each.severity == "error" and each.path in bundle.paths]
    if errors:
        raise refusal(errors, prefix=f"{address} has findings: ")
    dirty = [] if request.revision else repository.dirty(bundle.paths)
    if dirty:
        raise RefusedError(
            f"{address} has changes that are not committed: {', '.join(dirty)}",
            hint=f"git commit {' '.join(dirty)}, or release a commit with --at REV",
        )
    return bundle


def _release_one(
    repository: Repository, source: Source, bundle: BuiltBundle, request: Request, actor: Actor
) -> Released:
    for attempt in range(1, ATTEMPTS + 1):
        planned = _plan(repository, source, bundle, request)
        if planned.outcome != "planned" or request.dry_run:
            return planned
        try:
            return _write(repository, source, bundle, planned, request, actor)
        except LostRaceError:
            actor.pause(attempt)
            repository.refs.fetch([tags_of(bundle.address)])
    raise LostRaceError(
        f"{bundle.address} was released by others {ATTEMPTS} times in a row", hint="run the command again"
    )


def _plan(repository: Repository, source: Source, bundle: BuiltBundle, request: Request) -> Released:
    address, known = bundle.address, known_versions(repository, bundle.address)
    newest = read_release(repository, address, max(known), known) if known else None
    unforced = request.changed or (request.bump is None and request.version is None)
    if newest and newest.digest == bundle.digest and unforced:
        return _result("unchanged", newest)
    version = _version(repository, known, bundle, request)
    if version in known:
        existing = read_release(repository, address, version, known)
        if existing.digest != bundle.digest:
            raise RefusedError(
                f"{address} {version} exists with the digest {short(existing.digest)}…, this one has"
                f" {short(bundle.digest)}…",
                hint="leave --version out to get the next one",
            )
        return _result("exists", existing)
    if newest and not request.revision:
        _refuse_behind(repository, source, newest)
    below = releases.newest_below(known, version)
    difference = _difference(repository, known, bundle, below, source.registry)
    return Released(
        "planned",
        address,
        version,
        bundle.digest,
        source_commit=source.commit,
        difference=difference,
    )


def _version(
    repository: Repository, known: Mapping[Version, str], bundle: BuiltBundle, request: Request
) -> Version:
    if request.version is not None:
        return request.version
    if not known:
        return FIRST
    newest = max(known)
    difference = _difference(repository, known, bundle, newest, None)
    implied = difference.bump if difference else None
    return newest.bumped(request.bump or implied or "patch")


def _difference(
    repository: Repository,
    known: Mapping[Version, str],
    bundle: BuiltBundle,
    below: Version | None,
    registry: Registry | None,
) -> Difference | None:
    """Return the difference from the version below; with `registry`, refuse what no release may change."""
    if below is None:
        return None
    old = read_release(repository, bundle.address, below, known)
    before = bundles.parse(releases.read_bundle(repository.objects, old), digest=old.digest)
    after = bundles.parse(bundle.content, digest=bundle.digest)
    refused = list(SAME_INDEX.check(before, after, registry)) if registry else []
    if refused:
        raise refusal(refused, prefix=f"{bundle.address} has changes that no release may have: ")
    return compare(before, after)


def _write(
    repository: Repository,
    source: Source,
    bundle: BuiltBundle,
    planned: Released,
    request: Request,
    actor: Actor,
) -> Released:
    known = known_versions(repository, bundle.address)
    below = releases.newest_below(known, planned.version)
    contents = {path: source.registry.sources[path] for path in bundle.paths}
    tree = releases.tree(repository.objects, bundle, source.commit, contents)
    commit = repository.objects.write_commit(
        formats.commit_bytes(
            tree=tree,
            parent=read_release(repository, bundle.address, below, known).commit if below else None,
            source=source.raw,
            source_commit=source.commit,
            bundle=bundle,
            version=planned.version,
        )
    )
    tag = formats.tag_bytes(
        commit=commit,
        address=bundle.address,
        version=planned.version,
        digest=bundle.digest,
        tagger=b"tagger " + actor.person.line(actor.now),
        notes=request.notes,
    )
    signed = signing.signed(repository, actor.signer, lambda by: by.signed_tag(tag) if by else tag)
    tag_object = repository.objects.write_tag(signed)
    repository.refs.push(tag_of(bundle.address, planned.version), tag_object, None)
    return Released(
        "released",
        bundle.address,
        planned.version,
        bundle.digest,
        commit,
        tag_object,
        source.commit,
        planned.difference,
    )


def _result(outcome: Outcome, existing: Release) -> Released:
    return Released(
        outcome,
        existing.address,
        existing.version,
        existing.digest,
        existing.commit,
        existing.tag_object,
        existing.source_commit,
    )


def _check_addresses(addresses: Sequence[str], registry: Registry) -> None:
    for address in addresses:
        if not is_releasable(address):
            raise UsageError(
                f"{address} is not released on its own",
                hint="prompts are released; judges and other kinds are not",
            )
        if address not in registry.paths:
            raise missing(address, registry)


def _refuse_behind(repository: Repository, source: Source, newest: Release) -> None:
    """A clone that was not pulled would make older text the newest version."""
    made_of = newest.source_commit
    if made_of != source.commit and _is_ancestor(repository, source.commit, made_of):
        raise RefusedError(
            f"this clone is behind: {short_name(newest.address)} {newest.version} was released from"
            f" {short(made_of)}, which comes after {short(source.commit)}",
            hint="git pull, then release again; --at HEAD releases the older text on purpose",
        )


def _refuse_unreachable(repository: Repository, commit: str) -> None:
    """A release must come from what was reviewed: the default branch, or one of `release.branches`."""
    for ref in (HEAD, *_branches(repository)):
        heads = [repository.refs.read(ref)] if "*" not in ref else _matching(repository, ref)
        if any(head and _is_ancestor(repository, commit, head) for head in heads):
            return
    raise RefusedError(
        f"{short(commit)} is not on the default branch of {repository.refs.remote or 'this repository'}",
        hint="push or merge it first, then release again",
    )


def _is_ancestor(repository: Repository, commit: str, head: str) -> bool:
    return commit == head or not repository.git.call("merge-base", "--is-ancestor", commit, head).returncode


def _matching(repository: Repository, pattern: str) -> list[str]:
    from fnmatch import fnmatchcase

    prefix = pattern.split("*", 1)[0].rpartition("/")[0] + "/"
    below = repository.refs.read_below(prefix)
    return [oid for ref, oid in below.items() if fnmatchcase(ref, pattern)]


def _branches(repository: Repository) -> list[str]:
    """The refs that `release.branches` names besides the default branch; none without a pipeline."""
    from promptctl.services.pipeline import read_policy

    try:
        branches = read_policy(repository)[0].release.branches
    except RefusedError:
        return []
    return [f"refs/heads/{each}" for each in branches]
