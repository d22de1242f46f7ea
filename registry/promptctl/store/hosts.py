"""The git hosts, and all in which they differ to us: known here alone, listed in docs/how-to/hosts.md.

Git itself says the same everywhere: a lease that is lost, a ref that is locked. What a host adds are words of
its own for a push that its rules refuse, and sometimes for a lost race. Read only when a push fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What a hook says can be anything, "already exists" too. A host that declines by a hook was not in a race.
_DECLINED = r"hook declined"
_LOST_RACE = (
    r"stale info|non-fast-forward|fetch first|already exists|incorrect old value provided"
    r"|cannot lock ref .* (is at \S+ but expected|reference is missing but expected|File exists)"
    r"|atomic transaction failed"
)
_BRANCH_IN_THE_WAY = r"cannot lock ref .*'(refs/heads/[^']+)' exists; cannot create"
_NOTHING_SENT = (
    r"could not resolve|unable to access|unable to connect|connection refused|no route to host"
    r"|network is unreachable|does not appear to be a git repository|repository .* not found"
    r"|authentication failed|permission denied \(|could not read (username|password)"
    r"|host key verification failed|cannot run \S+: no such file|is not a git command"
)
_NOTHING_CHANGED = "nothing was changed; "
_WHICH_RULE = "promptctl doctor says which rule it is and prints the one to set"
_ASK = "ask who runs the remote"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words of a host, as a pattern, and what helps. `{ref}` is the ref that did not move.

    The pattern holds a space or a colon: names of refs, which have neither, stand among the words.
    """

    words: str
    hint: str


@dataclass(frozen=True, slots=True)
class Host:
    """One kind of host. `domain` is found in the name of a machine that is of this kind.

    `refusals` answer a push that its rules or permissions refuse, the most special first; `lost_race` are its
    own words for a ref that somebody else moved; `no_access` those for somebody who may not write at all.
    """

    name: str
    domain: str
    refusals: tuple[Refusal, ...]
    lost_race: str = ""
    no_access: str = ""


GITHUB = Host(
    name="GitHub",
    domain=r"(^|\.)github\.|(^|\.)ghe\.com$",
    refusals=(
        Refusal(
            r"must be made through a pull request",
            "GitHub wants a pull request for {ref}, and a promotion is a push: put your CI app into the"
            f" bypass list of that rule, or take {{ref}} out of it; {_WHICH_RULE}",
        ),
        Refusal(
            r"must have verified signatures",
            "GitHub wants signed commits on {ref}; promptctl signs the lock and the tag, not the commit:"
            f" take {{ref}} out of that rule; {_WHICH_RULE}",
        ),
        Refusal(
            r"required status check|status checks are expected",
            "GitHub wants a status check on {ref}, where no check ever runs: take {ref} out of that rule;"
            f" {_WHICH_RULE}",
        ),
        Refusal(
            r"cannot (update|delete) this protected|due to (creations|updates|deletions) being restricted",
            "GitHub lets only those in the rule's bypass list move {ref}: let the promoting workflow do it;"
            f" {_WHICH_RULE}",
        ),
        Refusal(
            r"GH0(06|13):|repository rule violations|protected branch hook declined",
            f"GitHub's rules do not let you move {{ref}}; {_WHICH_RULE}",
        ),
    ),
    no_access=r"permission to \S+ denied to|marked as read only|write access to repository not granted",
)
GITLAB = Host(
    name="GitLab",
    domain=r"(^|\.)gitlab\.",
    refusals=(
        Refusal(
            r"not allowed to (force )?push code to (a )?protected branch",
            "Settings → Repository → Protected branches: allow the promoting bot or deploy key, and nobody"
            " else, to push to env/* and evidence",
        ),
        Refusal(
            r"not allowed to create this tag|not allowed to change existing tags|protected tags cannot be",
            "Settings → Repository → Protected tags: allow who releases to create prompts/*; a tag that is"
            " there never moves",
        ),
        Refusal(
            r"you can only push commits|is not a member of team|does not follow the pattern"
            r"|commit must be signed",
            "a push rule refuses the commit: Settings → Repository → Push rules; commits of promptctl carry"
            " git's user.email and no signature",
        ),
    ),
    no_access=r"not allowed to (push code to this project|upload code)|deploy key does not have write access",
)
BITBUCKET = Host(
    name="Bitbucket",
    domain=r"(^|\.)bitbucket\.",
    refusals=(
        Refusal(
            r"permission denied to update branch",
            "Repository settings → Branch restrictions: give write access to env/* and evidence to the user"
            " that promotes; access tokens cannot stand there, a user or a group can",
        ),
        Refusal(
            r"can only be modified through pull requests|check your branch permissions",
            "Repository settings → Branch permissions: make the user that promotes an exception for env/* and"
            " evidence",
        ),
    ),
    no_access=r"repository access denied",
)
AZURE = Host(
    name="Azure DevOps",
    domain=r"(^|\.)dev\.azure\.com$|\.visualstudio\.com$",
    refusals=(
        Refusal(
            r"TF402455:",
            "a branch policy wants a pull request for {ref}: allow the build service “Bypass policies when"
            " pushing” on env/, or remove the policy there",
        ),
        Refusal(
            r"TF401027:",
            "Project settings → Repositories → Security: allow the build service “Contribute” and “Create"
            " branch” on env/, “Create tag” for releases",
        ),
    ),
    lost_race=r"TF401028:",
    no_access=r"TF401019:",
)
GITEA = Host(
    name="Gitea",
    domain=r"(^|\.)(gitea|forgejo|codeberg)\.",
    refusals=(
        Refusal(
            r"not allowed to (force-)?push to protected branch",
            "Settings → Branches: whitelist the user or deploy key that promotes for pushes to env/* and"
            " evidence",
        ),
        Refusal(
            r"tag \S+ is protected",
            "Settings → Tags: allow who releases to create prompts/**",
        ),
        Refusal(
            r"user permission denied for writing",
            "Settings → Collaborators: give the user that promotes write access, or the deploy key the right"
            " to write",
        ),
    ),
)
HOSTS = (GITHUB, GITLAB, BITBUCKET, AZURE, GITEA)


def host_of(address: str) -> Host | None:
    """Return the host that a remote's address is of, where its machine's name says so."""
    machine = machine_of(address)
    return next((each for each in HOSTS if machine and re.search(each.domain, machine)), None)


def machine_of(address: str) -> str:
    """Return the name of the machine in a remote's address, empty for a folder."""
    found = re.match(r"(?:\w+://)?(?:[^@/]*@)?([^/:]+)", address)
    return found[1].lower() if found and ":" in address else ""


def is_lost_race(words: str) -> bool:
    """Say whether a push's words mean that somebody else moved the ref first."""
    if re.search(_DECLINED, words) or _refusal(words):
        return False
    patterns = [_LOST_RACE, *(each.lost_race for each in HOSTS if each.lost_race)]
    return re.search("|".join(patterns), words, re.DOTALL) is not None


def is_nothing_sent(words: str) -> bool:
    """Say whether a push's words mean that the remote was never told to move a ref."""
    patterns = [_NOTHING_SENT, *_no_access()]
    return re.search("|".join(patterns), words, re.IGNORECASE) is not None


def refused_hint(words: str, ref: str) -> str:
    """Return what helps where a host refused to move a ref, whose short name is given."""
    if found := re.search(_BRANCH_IN_THE_WAY, words, re.DOTALL):
        branch = found[1].removeprefix("refs/heads/")
        return f"{_NOTHING_CHANGED}a branch {branch} stands in the way; promptctl doctor says what to do"
    refusal = _refusal(words)
    return _NOTHING_CHANGED + (refusal.hint.format(ref=ref) if refusal else _ASK)


def unreachable_hint(words: str) -> str:
    """Return what helps where a remote could not be told to move a ref."""
    if any(re.search(each, words, re.IGNORECASE) for each in _no_access()):
        return (
            f"{_NOTHING_CHANGED}you may not write to this remote: get write access, or let the workflow do it"
        )
    return f"{_NOTHING_CHANGED}try again"


def _refusal(words: str) -> Refusal | None:
    """The first that matches: hosts differ enough in their words that no address need be known."""
    known = (refusal for host in HOSTS for refusal in host.refusals)
    return next((each for each in known if re.search(each.words, words, re.IGNORECASE)), None)


def _no_access() -> Iterator[str]:
    return (each.no_access for each in HOSTS if each.no_access)
