"""Release: an immutable, tagged closure with a version. Running it again is always safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from promptctl.checks.same_index import RULE as SAME_INDEX
from promptctl.core import bundle as bundles
from promptctl.core.names import is_releasable, short_name, tag_of, tags_of
from promptctl.core.versions import FIRST, Bump, Version
from promptctl.core.written import short
from promptctl.errors import IntegrityError, LostRaceError, RefusedError, UsageError
from promptctl.model import release as formats
from promptctl.model.bundle import BuiltBundle, build
from promptctl.model.difference.compare import Difference, compare
from promptctl.model.findings import Finding, refusal
from promptctl.model.registry import Registry
from promptctl.model.release import Release
from promptctl.services import signing
from promptctl.services.closure import errors_of, read_closures
from promptctl.services.environment_change import Actor
from promptctl.services.missing import missing
from promptctl.services.versions import known_versions, newest_release, read_release
from promptctl.store import files, releases
from promptctl.store.objects import StoredObject
from promptctl.store.refs import HEAD
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
    """The commit that is released, its files, and of its registry as much as is released."""

    commit: str
    raw: bytes
    files: files.Tree
    registry: Registry


def release(
    repository: Repository, request: Request, actor: Actor, report: Callable[[Released], None]
) -> list[Released]:
    """Release each address in turn, one tag a push, reporting each as it is done.

    Raise `RefusedError` for uncommitted changes, a commit that is not on the default branch, or a version
    that exists with another tree; `StoppedError` for findings. What was released before a refusal stays.
    """
    repository.refs.fetch([HEAD, *map(tags_of, request.addresses)])
    branches = _branches(repository)
    if branches:
        repository.refs.fetch(branches)  # before the revision is looked up, which may be the head of one
    source = read_source(repository, request.revision, request.addresses)
    addresses = request.addresses or tuple(filter(is_releasable, source.registry.paths))
    _check_addresses(addresses, source.registry)
    if not request.addresses:
        repository.refs.fetch(map(tags_of, addresses))
    findings = errors_of(source.files, source.registry, addresses)
    bundles_built = {each: _bundle_of(repository, source, each, request, findings) for each in addresses}
    refuse_unreachable(repository, source.commit, branches)
    done = []
    for address in addresses:
        result = _release_one(repository, source, bundles_built[address], request, actor)
        if not (request.changed and result.outcome == "unchanged"):
            report(result)
            done.append(result)
    return done


def read_source(repository: Repository, revision: str, addresses: Sequence[str] = ()) -> Source:
    """Return the commit that `revision` (default: HEAD of this clone) names, and its registry: all of it, or
    what these addresses reach.
    """
    commit = _commit(repository, revision)
    tree = files.Tree(repository.objects, commit.oid)
    return Source(commit.oid, commit.data, tree, read_closures(tree, addresses))


def _commit(repository: Repository, revision: str) -> StoredObject:
    """Return the commit that a revision names here, or the branch of that name on the remote."""
    there = repository.refs.read(f"refs/heads/{revision}") if revision else None
    try:
        return repository.commit(revision)
    except UsageError:
        if there is None:
            raise
        return repository.commit(there)


def _bundle_of(
    repository: Repository, source: Source, address: str, request: Request, findings: Sequence[Finding]
) -> BuiltBundle:
    """Return the bundle of a sound closure; what is wrong elsewhere in the registry stops nothing here."""
    bundle = build(source.registry, address)
    errors = [each for each in findings if each.path in bundle.paths]
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
    lost: Version | None = None
    for attempt in range(1, ATTEMPTS + 1):
        known = known_versions(repository, bundle.address)
        planned = _plan(repository, source, bundle, known, request, lost)
        if planned.outcome != "planned" or request.dry_run:
            return planned
        try:
            return _write(repository, source, bundle, known, planned, request, actor)
        except LostRaceError:
            lost = planned.version
            actor.pause(attempt)
            repository.refs.fetch([tags_of(bundle.address)])
    raise LostRaceError(
        f"{bundle.address} was released by others {ATTEMPTS} times in a row", hint="run the command again"
    )


def _plan(
    repository: Repository,
    source: Source,
    bundle: BuiltBundle,
    known: Mapping[Version, str],
    request: Request,
    lost: Version | None,
) -> Released:
    """Return what would be released, or what is there. `lost` is the version whose race was lost just now."""
    address = bundle.address
    newest = newest_release(repository, address, known)
    unforced = request.changed or (request.bump is None and request.version is None)
    if newest and newest.digest == bundle.digest and unforced:
        return _result("unchanged", newest)
    tree = _tree(repository, source, bundle)
    made = _made_already(repository, known, newest, request, lost)
    if made and (made.tree, made.digest) == (tree, bundle.digest):
        return _result("exists", made)
    version = request.version or _next_version(repository, newest, bundle, request)
    _refuse_taken(repository, bundle, version, source)
    if newest and not request.revision:
        _refuse_behind(repository, source, newest)
    below = newest_release(repository, address, known, below=version)
    difference = _difference(repository, bundle, below, source.registry)
    return Released(
        "planned",
        address,
        version,
        bundle.digest,
        source_commit=source.commit,
        difference=difference,
    )


def _tree(repository: Repository, source: Source, bundle: BuiltBundle) -> str:
    contents = {path: source.registry.sources[path] for path in bundle.paths}
    return releases.tree(repository.objects, bundle, source.commit, contents)


def _made_already(
    repository: Repository,
    known: Mapping[Version, str],
    newest: Release | None,
    request: Request,
    lost: Version | None,
) -> Release | None:
    """Return the release that would be this one if it has its tree: of the version that is asked for, of the
    one that somebody else was faster with, or the newest where it is what the same `--bump` makes.
    """
    version = request.version or lost
    if version is None and newest is not None and request.bump:
        before = releases.newest_below(known, newest.version)
        version = newest.version if before and before.bumped(request.bump) == newest.version else None
    address = newest.address if newest else ""
    return read_release(repository, address, version, known) if version in known and version else None


def _next_version(
    repository: Repository, newest: Release | None, bundle: BuiltBundle, request: Request
) -> Version:
    if newest is None:
        return FIRST
    difference = None if request.bump else _difference(repository, bundle, newest, None)
    return newest.version.bumped(request.bump or (difference and difference.bump) or "patch")


def _refuse_taken(repository: Repository, bundle: BuiltBundle, version: Version, source: Source) -> None:
    """Raise where something else stands under the name of the version already."""
    address, ref = bundle.address, tag_of(bundle.address, version)
    if repository.refs.read(ref) is None:
        return
    try:
        existing = read_release(repository, address, version)
    except IntegrityError as error:
        where = repository.refs.remote
        remove = f"git push {where} :{ref}" if where else f"git tag --delete {address}/v{version}"
        hint = f"take it away: {remove}, or choose another version: --version X.Y.Z"
        raise RefusedError(error.message, hint=hint) from None
    if existing.digest != bundle.digest:
        raise RefusedError(
            f"{address} {version} exists with the digest {short(existing.digest)}…, this one has"
            f" {short(bundle.digest)}…",
            hint="leave --version out to get the next one",
        )
    raise RefusedError(
        f"{address} {version} exists with this digest, made from {short(existing.source_commit)}; this is"
        f" {short(source.commit)}",
        hint="nothing in its behaviour changed: promote the one there is, or take --bump patch for another",
    )


def _difference(
    repository: Repository, bundle: BuiltBundle, below: Release | None, registry: Registry | None
) -> Difference | None:
    """Return the difference from a release; with `registry`, refuse what no release may change."""
    if below is None:
        return None
    before = bundles.parse(releases.read_bundle(repository.objects, below), digest=below.digest)
    after = bundles.parse(bundle.content, digest=bundle.digest)
    refused = list(SAME_INDEX.check(before, after, registry)) if registry else []
    if refused:
        raise refusal(refused, prefix=f"{bundle.address} has changes that no release may have: ")
    return compare(before, after)


def _write(
    repository: Repository,
    source: Source,
    bundle: BuiltBundle,
    known: Mapping[Version, str],
    planned: Released,
    request: Request,
    actor: Actor,
) -> Released:
    tree, ref = _tree(repository, source, bundle), tag_of(bundle.address, planned.version)
    lost = _lost(repository, ref)
    if lost and (lost.tree, lost.digest) == (tree, bundle.digest):
        repository.refs.push(
            ref, lost.tag_object, None
        )  # another object would be refused by who has this one
        return replace(planned, outcome="released", commit=lost.commit, tag_object=lost.tag_object)
    below = newest_release(repository, bundle.address, known, below=planned.version)
    commit = repository.objects.write_commit(
        formats.commit_bytes(
            tree=tree,
            parent=below.commit if below else None,
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
    repository.refs.push(ref, tag_object, None)
    return replace(planned, outcome="released", commit=commit, tag_object=tag_object)


def _lost(repository: Repository, ref: str) -> Release | None:
    """Return the release whose tag is here and no more on the remote, as after it was restored."""
    tag_object = repository.refs.lost(ref)
    if tag_object is None:
        return None
    found, _ = releases.read_tags(repository.objects, {ref: tag_object})
    return found[ref].release if ref in found else None


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


def refuse_unreachable(repository: Repository, commit: str, branches: Sequence[str]) -> None:
    """A release must come from what was reviewed: the default branch, or one of `release.branches`."""
    for ref in (HEAD, *branches):
        heads = [repository.refs.read(ref)] if "*" not in ref else _matching(repository, ref)
        if any(head and _is_ancestor(repository, commit, head) for head in heads):
            return
    listed = [ref.removeprefix("refs/heads/") for ref in branches]
    raise RefusedError(
        f"{short(commit)} is not on the default branch of {repository.refs.remote or 'this repository'}"
        + (f", nor on {' or '.join(listed)}" if listed else ""),
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
