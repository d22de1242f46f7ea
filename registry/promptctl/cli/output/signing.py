"""What setting signing up did, and how to go on: for people, and for those who set CI up."""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.text import columns, note, safe, say

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.signing_setup import SetUp

ALLOWED = ".promptctl/allowed_signers"
SECRET = "PROMPTCTL_SIGNING_KEY"  # noqa: S105 - the name of a secret

_STEP = """\
- name: Sign as {email}
  env:
    KEY: ${{{{ secrets.{secret} }}}}
  run: |
    install -m 600 /dev/null "$RUNNER_TEMP/signing-key"
    printf '%s\\n' "$KEY" > "$RUNNER_TEMP/signing-key"
    git config user.name {name}
    git config user.email {email}
    git config gpg.format ssh
    git config user.signingkey "$RUNNER_TEMP/signing-key"
"""


def show_person(context: Context, done: SetUp, *, everywhere: bool) -> None:
    """Say what was set up for a person, and what makes it count."""
    where = "in all your clones" if everywhere else "in this clone"
    say(context, f"You sign as {safe(done.principal)} {where}.", bold=True)
    say(context)
    _show_facts(context, done)
    _show_trouble(context, done)
    say(context)
    if done.counts:
        say(context, "The default branch has your line: what you sign counts.", fg="green")
        return
    say(context, "It counts once your line is on the default branch. Somebody who knows that")
    say(context, "the key is yours should be the one who merges it:")
    say(context)
    _show_commit(context, done)


def show_ci(context: Context, done: SetUp) -> None:
    """Say what was made for a workflow, which secret it goes into, and how the workflow uses it."""
    say(context, f"A workflow can sign as {safe(done.principal)}.", bold=True)
    say(context)
    _show_facts(context, done)
    _show_trouble(context, done)
    say(context)
    say(context, "1. Commit the line, and merge it into the default branch:")
    say(context)
    _show_commit(context, done)
    say(context)
    say(context, "2. Put the private key into a secret that only the default branch can read (on")
    say(context, "   GitHub: of an environment whose deployment branch is the default one):")
    say(context)
    say(context, f"  gh secret set {SECRET} --env release \\", fg="cyan")
    say(context, f"    < {_short(quote(done.key))}", fg="cyan")
    say(context)
    say(context, "   Then delete both files: no copy is needed, a new key is made like this one.")
    say(context)
    say(context, "3. Add this step to the job, after the checkout:")
    say(context)
    for line in step(done.principal).splitlines():
        say(context, f"  {line}", fg="cyan")
    say(context)
    say(context, "4. Say in promptctl.yaml what its signature is good for:")
    say(context)
    say(context, f"  evaluators: [{done.principal}]   # its experiments are evidence", fg="cyan")
    say(context, f"  promoters:  [{done.principal}]   # runtimes adopt its locks", fg="cyan")


def step(email: str) -> str:
    """Return the step of a GitHub workflow that lets the jobs after it sign."""
    return _STEP.format(email=quote(email), name=quote(email.partition("@")[0]), secret=SECRET)


def plain(done: SetUp) -> dict[str, Any]:
    """Return what was done as JSON."""
    return {
        "principal": done.principal,
        "key": done.key,
        "fingerprint": done.fingerprint,
        "allowed_signers": {"path": ALLOWED, "line": done.line, "added": done.added_line},
        "made_key": done.made_key,
        "settings": dict(done.settings),
        "changed": sorted(done.before),
        "counts": done.counts,
        "trouble": done.trouble,
        "hint": done.hint,
    }


def _show_facts(context: Context, done: SetUp) -> None:
    made = "made just now, without a passphrase" if done.made_key else "was there already"
    line = "the line was added" if done.added_line else "the line was there already"
    rows = [("key", _short(done.key)), ("", f"{done.fingerprint}"), ("", made)]
    for at, (name, value) in enumerate(done.settings.items()):
        was = f"  (was {done.before[name]})" if done.before.get(name) else ""
        rows.append(("" if at else "git", f"{name} = {_short(value)}{was}"))
    rows.append(("signers", f"{ALLOWED}: {line}"))
    for each in columns(rows, indent=2):
        say(context, safe(each))


def _show_trouble(context: Context, done: SetUp) -> None:
    if done.trouble:
        note(context, f"\nwarning: {safe(done.trouble)}\n   hint: {safe(done.hint)}")


def _show_commit(context: Context, done: SetUp) -> None:
    for each in (
        f"git add {ALLOWED}",
        f'git commit --message "{done.principal} signs" -- {ALLOWED}',
        "git push, or open a pull request",
    ):
        say(context, f"  {safe(each)}", fg="cyan")


def _short(path: str) -> str:
    """Return a path as people say it, with `~`."""
    home = os.path.expanduser("~")  # noqa: PTH111 - `Path.expanduser` raises where there is no home
    return f"~{path[len(home) :]}" if home != "~" and path.startswith(f"{home}/") else path
