"""Set signing up, for the person at this clone or for CI: whatever is there already stays as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.signers import ALLOWED, PublicKey, is_principal, parse
from promptctl.errors import PromptctlError, RefusedError, UsageError
from promptctl.store import signing_setup as steps
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import Signer, email_of, read_signers

NAMESPACES = "git,promptctl"
"""What a key signs here: tags, and everything else."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was done. `settings` are git's, with their values; `before` has the old of those that changed.

    `trouble` and `hint` say why the key cannot sign yet. `counts` says whether the default branch, as last
    fetched, has the line already.
    """

    root: Path
    principal: str
    key: str
    fingerprint: str
    line: str
    made_key: bool
    added_line: bool
    counts: bool
    settings: Mapping[str, str]
    before: Mapping[str, str]
    trouble: str = ""
    hint: str = ""


def set_up_person(repository: Repository, *, key: str = "", everywhere: bool = False) -> SetUp:
    """Let the person whom git knows here sign, with `key`, the key that git has, or `~/.ssh/id_ed25519`.

    A key that does not exist is made. Raises `RefusedError` where git knows no e-mail, where the key is in
    the work tree, is none, or is another person's by the file.
    """
    principal = _principal(email_of(repository), hint="git config user.email you@example.com")
    named, public, made = _person_key(repository, key)
    added = _allow(repository, principal, public)
    settings = {"gpg.format": "ssh", "user.signingkey": named}
    before = steps.configure(repository, settings, everywhere=everywhere)
    # Git alone then verifies tags too; of this registry only, so never for all others of this user.
    own = {"gpg.ssh.allowedSignersFile": str(repository.layout.root / ALLOWED)}
    before |= steps.configure(repository, own, everywhere=False)
    return _done(
        repository, principal, named, public, made=made, added=added, settings=(settings | own, before)
    )


def set_up_ci(repository: Repository, email: str, *, key: str = "") -> SetUp:
    """Make a key pair for CI, in `key` or beside the keys of this user, and allow it to `email`.

    Changes no setting of git. Raises as `set_up_person` does.
    """
    principal = _principal(email, hint="promptctl init --signing --ci release-bot@example.com")
    usual = steps.usual_key(repository.git.environ) if not key else Path()
    path = Path(key).absolute() if key else usual.with_name(f"promptctl-{principal.replace('/', '_')}")
    _, public, made = steps.take_or_make_key(path, repository)
    added = _allow(repository, principal, public)
    return _done(repository, principal, str(path), public, made=made, added=added, settings=({}, {}))


def _principal(email: str, *, hint: str) -> str:
    if is_principal(email):
        return email
    if not email:
        raise RefusedError("git does not know who you are: user.email is not set", hint=hint)
    raise UsageError(f"{email!r} cannot sign: signers are named by one e-mail", hint=hint)


def _person_key(repository: Repository, key: str) -> tuple[str, PublicKey, bool]:
    configured = "" if key else steps.configured_key(repository)
    if configured:
        return configured, steps.public_key_of(repository, configured), False
    environ = repository.git.environ
    path = Path(os.path.abspath(key)) if key else steps.usual_key(environ)  # noqa: PTH100 - keeps links
    named, public, made = steps.take_or_make_key(path, repository)
    return str(named), public, made


def _allow(repository: Repository, principal: str, public: PublicKey) -> bool:
    """Write the line unless it is there; say whether it was written."""
    lines = parse(steps.read_allowed(repository)).of(public)
    others = sorted({each.principal for each in lines} - {principal})
    if others:
        raise RefusedError(
            f"{ALLOWED} gives this key to {', '.join(others)}, and you are {principal}",
            hint=f"git config user.email {others[0]}, or another key: --key PATH",
        )
    if not lines:
        steps.add_allowed(repository, _line(principal, public))
    return not lines


def _line(principal: str, public: PublicKey) -> str:
    return f'{principal} namespaces="{NAMESPACES}" {public.text}'


def _done(
    repository: Repository,
    principal: str,
    key: str,
    public: PublicKey,
    *,
    made: bool,
    added: bool,
    settings: tuple[Mapping[str, str], Mapping[str, str]],
) -> SetUp:
    trouble, hint = _try(Signer(principal, key, public.text, is_known=False, environ=repository.git.environ))
    return SetUp(
        root=repository.layout.root,
        principal=principal,
        key=key,
        fingerprint=public.fingerprint,
        line=_line(principal, public),
        made_key=made,
        added_line=added,
        counts=_counts(repository, public, principal),
        settings=settings[0],
        before=settings[1],
        trouble=trouble,
        hint=hint,
    )


def _try(signer: Signer) -> tuple[str, str]:
    if signer.public.startswith("sk-"):
        return "", ""  # nobody expects to have to touch it now
    try:
        signer.sign(b"Can this key sign?")
    except PromptctlError as error:
        return error.message, error.hint
    return "", ""


def _counts(repository: Repository, public: PublicKey, principal: str) -> bool:
    try:
        signers = read_signers(repository, repository.refs.read(HEAD))
    except PromptctlError:
        return False
    return signers.principal_of(public.text) == principal
