"""`promptctl init --signing`: one command, real keys, plain git as the judge."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import cli
from helpers.cli import Ran
from helpers.keys import make_key
from helpers.repositories import Clone
from helpers.shop import call

ALLOWED = ".promptctl/allowed_signers"
LINE = re.compile(r'ada@acme\.example namespaces="git,promptctl" ssh-ed25519 \S+\n')


@dataclass(frozen=True)
class Desk:
    """One person at one registry, in this process: the same code, without another start of Python."""

    clone: Clone

    @property
    def path(self) -> Path:
        return self.clone.path

    def run(self, *words: str) -> Ran:
        done = call(self.clone, *words)
        return Ran(done.code, done.out, done.err)

    def ok(self, *words: str) -> str:
        ran = self.run(*words)
        assert ran.code == 0, ran.stderr + ran.stdout
        return ran.stdout


def make_desk(path: Path) -> Desk:
    return Desk(cli.make_desk(path).clone)


def make_desk_with_remote(path: Path) -> tuple[Desk, Clone]:
    desk, remote = cli.make_desk_with_remote(path)
    return Desk(desk.clone), remote


def home(desk: Desk) -> Path:
    return Path(desk.clone.environ["HOME"])


def masked(desk: Desk, text: str) -> str:
    text = re.sub(r"SHA256:\S{43}", "SHA256:…", text)
    return text.replace(str(desk.path), "REGISTRY")


def allowed(desk: Desk) -> str:
    return (desk.path / ALLOWED).read_text("ascii")


PERSON = """\
You sign as ada@acme.example in this clone.

  key      ~/.ssh/id_ed25519.pub
           SHA256:…
           made just now, without a passphrase
  git      gpg.format = ssh
           user.signingkey = ~/.ssh/id_ed25519.pub
           gpg.ssh.allowedSignersFile = REGISTRY/.promptctl/allowed_signers
  signers  .promptctl/allowed_signers: the line was added

It counts once your line is on the default branch. Somebody who knows that
the key is yours should be the one who merges it:

  git add .promptctl/allowed_signers
  git commit --message "ada@acme.example signs" -- .promptctl/allowed_signers
  git push, or open a pull request
"""
CI = """\
A workflow can sign as release-bot@acme.example.

  key      ~/.ssh/promptctl-release-bot@acme.example
           SHA256:…
           made just now, without a passphrase
  signers  .promptctl/allowed_signers: the line was added

1. Commit the line, and merge it into the default branch:

  git add .promptctl/allowed_signers
  git commit --message "release-bot@acme.example signs" -- .promptctl/allowed_signers
  git push, or open a pull request

2. Put the private key into a secret that only the default branch can read (on
   GitHub: of an environment whose deployment branch is the default one):

  gh secret set PROMPTCTL_SIGNING_KEY --env release \\
    < ~/.ssh/promptctl-release-bot@acme.example

   Then delete both files: no copy is needed, a new key is made like this one.

3. Add this step to the job, after the checkout:

  - name: Sign as release-bot@acme.example
    env:
      KEY: ${{ secrets.PROMPTCTL_SIGNING_KEY }}
    run: |
      install -m 600 /dev/null "$RUNNER_TEMP/signing-key"
      printf '%s\\n' "$KEY" > "$RUNNER_TEMP/signing-key"
      git config user.name release-bot
      git config user.email release-bot@acme.example
      git config gpg.format ssh
      git config user.signingkey "$RUNNER_TEMP/signing-key"

4. Say in promptctl.yaml what its signature is good for:

  evaluators: [release-bot@acme.example]   # its experiments are evidence
  promoters:  [release-bot@acme.example]   # runtimes adopt its locks
"""


def test_one_command_lets_a_person_sign_and_plain_git_agrees(tmp_path: Path) -> None:
    desk, _ = make_desk_with_remote(tmp_path)
    assert masked(desk, desk.ok("init", "--signing")) == PERSON
    assert LINE.fullmatch(allowed(desk))
    key = home(desk) / ".ssh" / "id_ed25519"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    desk.clone.git("add", ALLOWED)
    desk.clone.git("commit", "--quiet", "--message", "ada signs", "--", ALLOWED)
    desk.clone.git("push", "--quiet", "origin", "HEAD:main")
    desk.ok("release", "greeting")
    desk.clone.git("tag", "--verify", "prompts/greeting/v1.0.0")
    assert "The default branch has your line: what you sign counts." in desk.ok("init", "--signing")


def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.ok("init", "--signing")
    config, line = desk.clone.git("config", "--list"), allowed(desk)
    key = (home(desk) / ".ssh" / "id_ed25519").read_bytes()
    done = json.loads(desk.ok("init", "--signing", "-o", "json"))
    assert (done["made_key"], done["allowed_signers"]["added"], done["changed"]) == (False, False, [])
    assert done["schema"] == "promptctl.init-signing/v1"
    assert (desk.clone.git("config", "--list"), allowed(desk)) == (config, line)
    assert (home(desk) / ".ssh" / "id_ed25519").read_bytes() == key


def test_lines_of_others_stay_as_they_are(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    bob = make_key(tmp_path / "bob").line("bob@acme.example")
    desk.clone.write({ALLOWED: f"# people\n{bob.strip()} without a line end"})
    desk.ok("init", "--signing")
    first, second, mine = allowed(desk).splitlines(keepends=True)
    assert (first, second) == ("# people\n", f"{bob.strip()} without a line end\n")
    assert LINE.fullmatch(mine)


def test_the_key_that_git_has_is_taken(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    key = make_key(home(desk) / "work key")
    desk.clone.git("config", "--global", "gpg.format", "ssh")
    desk.clone.git("config", "--global", "user.signingkey", "~/work key.pub")
    desk.ok("init", "--signing")
    assert key.public in allowed(desk)
    assert not (home(desk) / ".ssh").exists()
    assert desk.clone.git("config", "user.signingkey") == "~/work key.pub"


def test_a_key_that_is_named_is_taken_or_made(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    old, new = make_key(tmp_path / "old"), tmp_path / "keys" / "new"
    desk.ok("init", "--signing", "--key", str(old.path))
    assert desk.clone.git("config", "user.signingkey") == f"{old.path}.pub"
    done = desk.ok("init", "--signing", "--key", "../keys/new")
    assert desk.clone.git("config", "user.signingkey") == f"{new}.pub"
    assert f"(was {old.path}.pub)" in done
    assert len(allowed(desk).splitlines()) == 2


def test_global_settings_are_for_all_clones_and_name_no_file_of_this_one(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    assert "in all your clones" in desk.ok("init", "--signing", "--global")
    settings = desk.clone.git("config", "--global", "--list")
    assert "gpg.format=ssh" in settings
    assert "allowedsignersfile" not in settings
    assert "gpg.format" not in desk.clone.git("config", "--local", "--list")


def test_a_key_with_a_passphrase_is_set_up_with_a_warning_and_asks_nobody(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    key = make_key(tmp_path / "key", passphrase="secret")
    ran = desk.run("init", "--signing", "--key", str(key.path))
    assert ran.code == 0
    assert "warning: " in ran.stderr
    assert f"ssh-add {key.path}" in ran.stderr


def test_ci_gets_a_key_outside_of_the_work_tree_and_all_that_is_to_be_done(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    config = desk.clone.git("config", "--list")
    assert masked(desk, desk.ok("init", "--signing", "--ci", "release-bot@acme.example")) == CI
    assert desk.clone.git("config", "--list") == config
    again = desk.ok("init", "--signing", "--ci", "release-bot@acme.example")
    assert "was there already" in again
    assert len(allowed(desk).splitlines()) == 1


def test_the_step_for_workflows_signs(tmp_path: Path) -> None:
    desk, _ = make_desk_with_remote(tmp_path)
    shown = desk.ok("init", "--signing", "--ci", "release-bot@acme.example")
    desk.clone.git("add", ALLOWED)
    desk.clone.git("commit", "--quiet", "--message", "release-bot signs", "--", ALLOWED)
    desk.clone.git("push", "--quiet", "origin", "HEAD:main")
    script = shown.partition("run: |\n")[2].partition("\n\n")[0]
    runner = tmp_path / "runner"
    runner.mkdir()
    secret = (home(desk) / ".ssh" / "promptctl-release-bot@acme.example").read_text().strip()
    _shell(desk, script, {"RUNNER_TEMP": str(runner), "KEY": secret})
    (home(desk) / ".ssh" / "promptctl-release-bot@acme.example").unlink()
    desk.ok("release", "greeting")
    verified = desk.clone.git(
        "-c", f"gpg.ssh.allowedSignersFile={ALLOWED}", "tag", "--verify", "prompts/greeting/v1.0.0"
    )
    assert "tagger release-bot <release-bot@acme.example>" in verified


def test_what_the_screens_say_fits_eighty_columns(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    for words in ([], ["--ci", "ci@acme.example"]):
        shown = masked(desk, desk.ok("init", "--signing", *words))
        assert max(map(len, shown.splitlines())) <= 80


REFUSALS: dict[str, tuple[list[str], int, str]] = {
    "a key in the work tree": (["--key", "mine"], 4, "in the work tree"),
    "a public key that is not there": (["--key", "../none.pub"], 4, "there is no key"),
    "a file that is no key": (["--key", "../home/.gitconfig"], 4, "no key that can sign"),
    "an address that is none": (["--ci", "*@acme.example"], 2, "named by one e-mail"),
    "several addresses": (["--ci", "a@acme.example,b@acme.example"], 2, "named by one e-mail"),
    "global settings for CI": (["--ci", "ci@acme.example", "--global"], 2, "no meaning"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_set_up_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    words, code, why = REFUSALS[case]
    desk = make_desk(tmp_path)
    config = desk.clone.git("config", "--list")
    ran = desk.run("init", "--signing", *words)
    assert (ran.code, why in ran.stderr) == (code, True), ran.stderr
    assert "hint:" in ran.stderr or code == 2
    assert not (desk.path / ".promptctl").exists()
    assert (desk.clone.git("config", "--list"), desk.clone.git("status", "--porcelain")) == (config, "")


@pytest.mark.parametrize("words", [["--key", "x"], ["--ci", "a@b"], ["--global"]])
def test_options_of_signing_belong_to_signing(tmp_path: Path, words: list[str]) -> None:
    ran = make_desk(tmp_path).run("init", *words)
    assert ran.code == 2
    assert f"{words[0]} belongs to --signing" in ran.stderr


def test_a_key_of_somebody_else_is_not_given_to_a_second_person(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.ok("init", "--signing")
    desk.clone.git("config", "user.email", "bob@acme.example")
    before = allowed(desk)
    ran = desk.run("init", "--signing")
    assert ran.code == 4
    assert "gives this key to ada@acme.example, and you are bob@acme.example" in ran.stderr
    assert allowed(desk) == before


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (desk.path / ".promptctl").symlink_to(tmp_path / "elsewhere")
    assert desk.run("init", "--signing").code == 4
    assert not list((tmp_path / "elsewhere").iterdir())


def test_without_a_home_a_key_must_be_named(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    environ = {key: value for key, value in desk.clone.environ.items() if key != "HOME"}
    alone = Desk(type(desk.clone)(desk.path, environ))
    ran = alone.run("init", "--signing")
    assert ran.code == 4
    assert "name it: --key PATH" in ran.stderr


def _shell(desk: Desk, script: str, environ: dict[str, str]) -> None:

    subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=desk.path,
        env={**desk.clone.environ, **environ, "PATH": os.environ["PATH"]},
        check=True,
    )
