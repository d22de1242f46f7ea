"""The host lets only the promoting workflow move environments, and nobody move a release tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptctl.core.names import ENVIRONMENTS, EVIDENCE_BRANCH
from promptctl.errors import Unavailable
from promptctl.services.doctor import rulesets
from promptctl.services.doctor.problem import Problem, Subject
from promptctl.services.environments_read import heads
from promptctl.store.github import GitHub, github_of
from promptctl.store.hosts import BITBUCKET, GITLAB, host_of

NAME = "protection"
_TAG = "refs/tags/prompts/name/v1.0.0"
_BYPASS = "gates run where somebody promotes: whoever may push env/* steps round them"
_GUIDE = "docs/how-to/protect.md"
_WORDS = {
    GITLAB.name: (
        "Settings → Repository → Protected branches: env/* and evidence, allowed to push: the promoting bot"
        " alone, no force push; Protected tags: prompts/*, allowed to create: who releases"
    ),
    BITBUCKET.name: (
        "Repository settings → Branch restrictions: env/* and evidence, write access: the promoting user"
        " alone, no deletion, no rewriting"
    ),
}


def address_of(subject: Subject) -> str:
    """Return the address that is pushed to, empty where there is no remote."""
    repository = subject.repository
    remote, addresses = repository.refs.remote, repository.configuration.addresses
    return next(iter((*addresses(remote, "pushurl"), *addresses(remote, "url"))), "") if remote else ""


def check(subject: Subject) -> Iterator[Problem]:
    """Read GitHub's rulesets through `gh`; of other hosts say in words what to set."""
    address = address_of(subject)
    host, github = host_of(address), github_of(address, subject.repository.git.environ)
    if github is None:
        if address:
            of = host.name if host else "the remote"
            what = f"whether {of} protects env/*, evidence and release tags is not read here"
            yield Problem(NAME, "advice", what, _BYPASS, _WORDS.get(host.name, _GUIDE) if host else _GUIDE)
        if subject.app is not None:
            what = "--app is for rulesets of GitHub, and the remote is not there: it says nothing here"
            yield Problem(NAME, "advice", what, "no ruleset is printed", _GUIDE)
        return
    try:
        default_branch = str(github.get()["default_branch"])
        known = [github.get(f"/rulesets/{each['id']}") for each in github.get("/rulesets?per_page=100")]
        yield from _judged(subject, github, default_branch, known)
    except Unavailable as error:
        what = f"GitHub's rulesets cannot be read: {error.message}"
        yield Problem(NAME, "advice", what, _BYPASS, f"{error.hint}, then promptctl doctor; {_GUIDE}")
    except (AttributeError, KeyError, TypeError, ValueError):
        what = "GitHub's rulesets cannot be read: they have another shape than this version knows"
        yield Problem(NAME, "advice", what, _BYPASS, _GUIDE)


def _judged(
    subject: Subject, github: GitHub, default_branch: str, known: Sequence[Mapping[str, Any]]
) -> Iterator[Problem]:
    names = sorted(heads(subject.repository.refs)) or ["prod"]
    # Environments are mostly kept by the same rules: what is wrong with all of them is said once.
    found: dict[tuple[Any, ...], list[str]] = {}
    for ref in [*(f"{ENVIRONMENTS}{each}" for each in names), EVIDENCE_BRANCH]:
        rules = rulesets.applying(known, ref, default_branch)
        opened = () if ref == EVIDENCE_BRANCH and _is_append_only(rules) else _open(rules)
        for problem in (*_refusing(rules), *opened):
            found.setdefault(problem, []).append(ref.removeprefix("refs/heads/"))
    for (severity, what, why, fix), refs in found.items():
        yield Problem(NAME, severity, f"{', '.join(refs)}: {what}", why, fix)
    yield from _of_tags(rulesets.applying(known, _TAG, default_branch))
    main = rulesets.applying(known, f"refs/heads/{default_branch}", default_branch)
    if rulesets.missing(main, ["pull_request"]):
        what = f"{default_branch}: no ruleset wants a pull request"
        why = "promptctl.yaml and the allowed signers are read from there: whoever pushes there decides gates"
        yield Problem(NAME, "warning", what, why, f"gh ruleset view, or {_where(github)}")


def _refusing(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for ruleset, rule, what in rulesets.refusals(rules):
        actors = ruleset.get("bypass_actors")
        said = f"ruleset {rulesets.name_of(ruleset)} {what} ({rule})"
        fix = "take env/* and evidence out of that ruleset, or put the CI app into its bypass list"
        if ruleset.get("current_user_can_bypass") == "always":
            continue
        if actors:
            who = ", ".join(map(rulesets.actor_words, actors))
            yield "advice", f"{said}; past it gets only {who}", "you cannot promote from here", ""
        else:
            yield "error", said, "it refuses every push of promptctl's", fix


def _open(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    fix = "the first ruleset below"
    if missing := rulesets.missing(rules):
        verbs = {"creation": "make", "update": "move", "deletion": "delete"}
        what = f"anybody who may push may {_listed([verbs[each] for each in missing])} it"
        yield "error" if "update" in missing else "warning", what, _BYPASS, fix
    actors = rulesets.bypassing(rules, "update")
    if actors == []:
        yield "error", "nobody may move it: the bypass list is empty", "no promotion can reach it", fix
    if who := rulesets.people(actors or ()):
        what = f"past its ruleset gets also {', '.join(who)}"
        yield "warning", what, _BYPASS, "leave only the CI app in the bypass list"


def _is_append_only(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether people may add to a branch and not take away: what is signed counts whoever pushed it."""
    return not rulesets.missing(rules, ["deletion", "non_fast_forward"]) and "update" in rulesets.missing(
        rules
    )


def _of_tags(rules: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    why = "a release is its tag: moved or deleted, what was released can no longer be proven"
    if missing := rulesets.missing(rules, ["update", "deletion"]):
        verbs = {"update": "move", "deletion": "delete"}
        what = f"release tags: anybody who may push may {_listed([verbs[each] for each in missing])} them"
        yield Problem(NAME, "warning", what, why, "the second ruleset below")
    elif who := rulesets.bypassing(rules, "update"):
        said = ", ".join(map(rulesets.actor_words, who))
        yield Problem(NAME, "warning", f"release tags: {said} may move them", why, "empty that bypass list")
    for ruleset, rule, what in rulesets.refusals(rules):
        said = f"release tags: ruleset {rulesets.name_of(ruleset)} {what} ({rule})"
        if ruleset.get("current_user_can_bypass") != "always":
            yield Problem(
                NAME, "error", said, "it refuses every release", "take refs/tags/prompts/ out of it"
            )
    if "creation" not in rulesets.missing(rules) and rulesets.bypassing(rules, "creation") == []:
        yield Problem(NAME, "error", "release tags: nobody may make them", "nothing can be released", "")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _where(github: GitHub) -> str:
    return f"https://{github.machine}/{github.owner}/{github.name}/settings/rules"
