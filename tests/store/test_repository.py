from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

from promptctl.errors import RefusedError, Unavailable, UsageError
from promptctl.store.objects import REGULAR, TreeEntry
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository, find_root


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path, environ: dict[str, str]) -> Clone:
    return make_remote(tmp_path / "r.git", environ, {"promptctl.yaml": "x\n", "prompts/a.md": "a\n"})


def views(repository: Path) -> list[Path]:
    return list(repository.glob("promptctl-view-*"))


def test_a_work_tree_is_found_from_any_folder_in_it(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    for place in (clone.path, clone.path / "prompts"):
        with Repository.discover(place, environ) as repository:
            layout = repository.layout
            assert (layout.root, layout.git_dir, layout.common_dir) == (
                clone.path,
                *[clone.path / ".git"] * 2,
            )
            assert not layout.is_bare
            assert repository.configuration.last("user.email") == "ada@acme.example"
            assert repository.refs.remote == "origin"
            assert repository.objects.blob("HEAD:prompts/a.md") == b"a\n"


def test_bare_linked_shallow_and_detached_repositories_work(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    with Repository.discover(remote.path, environ) as bare:
        assert bare.layout.is_bare
        assert bare.layout.root == bare.layout.common_dir == remote.path
        assert bare.refs.read(HEAD) == remote.git("rev-parse", "main")
    clone = make_clone(remote, tmp_path / "c", environ)
    other = clone.commit({"prompts/a.md": "b\n"})
    clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"), "HEAD^")
    with Repository.discover(tmp_path / "linked" / "prompts", environ) as linked:
        assert (linked.layout.root, linked.layout.common_dir) == (tmp_path / "linked", clone.path / ".git")
        assert linked.objects.blob("HEAD:prompts/a.md") == b"a\n"
        assert linked.dirty(["prompts/a.md"]) == []
    clone.git("checkout", "--quiet", "--detach")
    with Repository.discover(clone.path, environ) as detached:
        assert detached.objects.read("HEAD").oid == other  # type: ignore[union-attr]
    clone.git("push", "--quiet", "origin", "HEAD:main")
    Clone(tmp_path, environ).git("clone", "--quiet", "--depth=1", remote.path.as_uri(), "shallow")
    with Repository.discover(tmp_path / "shallow", environ) as shallow:
        assert shallow.layout.is_shallow
        shallow.refs.fetch([HEAD])
        blob = shallow.objects.write_blob(b"x")
        tree = shallow.objects.write_tree([TreeEntry(REGULAR, "blob", blob, "f")])
        who = "A <a@b> 1 +0000"
        commit = shallow.objects.write_commit(f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode())
        shallow.refs.push("refs/heads/env/dev", commit, None)
    assert remote.git("rev-parse", "env/dev") == commit


def test_outside_any_repository_it_says_so(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no git repository") as caught:
        Repository.discover(tmp_path, environ)
    assert "promptctl init" in caught.value.hint


def test_the_root_is_the_top_of_the_repository_whatever_lies_further_down(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    make_repository(tmp_path / "r", environ).write({"a/promptctl.yaml": "x", "a/prompts/p/x.md": ""})
    assert find_root(tmp_path / "r/a/prompts/p") == tmp_path / "r"


def test_outside_any_repository_the_root_is_the_nearest_folder_with_a_pipeline(tmp_path: Path) -> None:
    (tmp_path / "a/prompts/p").mkdir(parents=True)
    (tmp_path / "a/promptctl.yaml").touch()
    assert find_root(tmp_path / "a/prompts/p") == tmp_path / "a"


def test_the_remote_is_the_one_named_else_origin_else_the_only_one(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_repository(tmp_path / "r", environ)

    def chosen() -> str:
        with Repository.discover(clone.path, environ) as repository:
            return repository.refs.remote

    assert chosen() == ""
    clone.git("remote", "add", "acme", "https://acme.example/r.git")
    assert chosen() == "acme"
    clone.git("remote", "add", "other", "git@acme.example:r.git")
    with pytest.raises(RefusedError) as caught:
        chosen()
    assert "promptctl.remote" in caught.value.hint
    clone.git("remote", "add", "origin", "../r.git")
    assert chosen() == "origin"
    clone.git("config", "promptctl.remote", "other")
    assert chosen() == "other"


def test_dirty_files_are_named_whatever_the_index_says(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    clone.commit({"same": "1", "edited": "1", "staged": "1", "gone": "1", "link": "1"})
    clone.write({"edited": "2", "staged": "2", "new": "1"})
    clone.git("add", "staged")
    (clone.path / "gone").unlink()
    (clone.path / "link").unlink()
    (clone.path / "link").symlink_to("same")
    with Repository.discover(clone.path, environ) as repository:
        paths = ["same", "edited", "staged", "gone", "link", "new", "never"]
        assert repository.dirty(paths) == ["edited", "gone", "link", "new", "staged"]


def test_the_users_own_configuration_is_obeyed_where_it_depends_on_the_place(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "work/c", environ) if (tmp_path / "work").mkdir() is None else None
    assert clone is not None
    clone.git("remote", "set-url", "origin", "https://acme.example/r.git")
    (tmp_path / "work.config").write_text(
        f'[user]\n\temail = ada@work.example\n[url "{remote.path.as_uri()}"]\n\tinsteadOf = https://acme.example/r.git\n'
    )
    with Path(environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(f'[includeIf "gitdir:{tmp_path}/work/"]\n\tpath = {tmp_path}/work.config\n')
    with Repository.discover(clone.path, environ) as repository:
        assert repository.configuration.last("user.email") == "ada@work.example"
        repository.refs.fetch([HEAD])
        assert repository.refs.read(HEAD) == remote.git("rev-parse", "main")


def test_nothing_is_left_in_the_repository_not_even_after_a_crash_of_the_caller(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    with Repository.discover(clone.path, environ) as repository:
        assert len(views(clone.path / ".git")) == 1
        repository.refs.fetch([HEAD])
    assert views(clone.path / ".git") == []
    script = (
        "import os, pathlib\nfrom promptctl.store.repository import Repository\n"
        f"r = Repository.discover(pathlib.Path({str(clone.path)!r}), os.environ)\n"
        "r.objects.read('HEAD')\nraise SystemExit(3)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=dict(environ), check=False)
    assert done.returncode == 3
    assert views(clone.path / ".git") == []


def test_reading_drags_in_none_of_the_heavy_libraries(tmp_path: Path, environ: dict[str, str]) -> None:
    script = (
        "import sys, promptctl.store.repository, promptctl.store.files\n"
        "heavy = ('git', 'pydantic', 'ruamel', 'deepdiff', 'rich', 'tempfile', 'asyncio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], env=dict(environ), capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_two_people_write_the_same_commit_whatever_their_settings(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    ids = set()
    for number, (zone, encoding) in enumerate([("Asia/Kathmandu", "latin1"), ("America/St_Johns", "utf-16")]):
        settings = {"user.name": f"P{number}", "user.email": f"p{number}@x", "i18n.commitEncoding": encoding}
        clone = make_clone(remote, tmp_path / f"c{number}", environ | {"TZ": zone}, settings)
        with Repository.discover(clone.path, clone.environ) as repository:
            blob = repository.objects.write_blob("ü\n".encode())
            tree = repository.objects.write_tree([TreeEntry(REGULAR, "blob", blob, "bundle.json")])
            source = repository.objects.read("HEAD")
            assert source is not None
            who = b"\n".join(source.data.split(b"\n")[1:3])
            ids.add(
                repository.objects.write_commit(
                    f"tree {tree}\n".encode() + who + "\n\nprompts/a v1 ü\n".encode()
                )
            )
            repository.objects.flush()
            assert repository.objects.read(next(iter(ids))) is not None
    assert len(ids) == 1


def test_without_a_remote_a_feature_branch_does_not_become_the_default_branch(tmp_path: Path) -> None:
    alone = make_repository(tmp_path / "alone", hermetic_environ(tmp_path / "home"))
    on_main = alone.commit({"promptctl.yaml": "environments: []\n"})
    alone.git("switch", "--quiet", "--create", "feature")
    alone.commit({"promptctl.yaml": "environments: [{name: prod}]\n"})
    with Repository.discover(alone.path, alone.environ) as repository:
        assert repository.refs.read(HEAD) == on_main


def leave_view(clone: Clone, environ: dict[str, str]) -> Path:
    """Kill a process that has the repository open; return the view that it leaves."""
    script = (
        "import os, pathlib, signal\nfrom promptctl.store.repository import Repository\n"
        f"r = Repository.discover(pathlib.Path({str(clone.path)!r}), os.environ)\n"
        "r.refs.fetch(['HEAD'])\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=dict(environ), check=False)
    assert done.returncode == -9
    (view,) = views(clone.path / ".git")
    return view


def test_what_a_killed_process_left_is_removed_by_the_next(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    left = leave_view(clone, environ)
    objects = sorted((clone.path / ".git/objects").rglob("*"))
    with Repository.discover(clone.path, environ) as one, Repository.discover(clone.path, environ) as two:
        assert not left.exists()
        assert len(views(clone.path / ".git")) == 2, "those of running processes stay"
        assert one.refs.read(HEAD) == two.refs.read(HEAD) == remote.git("rev-parse", "main")
    assert views(clone.path / ".git") == []
    assert sorted((clone.path / ".git/objects").rglob("*")) == objects, "links are not followed"


def test_of_other_machines_only_what_is_old_is_removed(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    left = leave_view(clone, environ)
    pid, host = left.name.split("-")[2:4]
    elsewhere = left.rename(left.with_name(left.name.replace(host, "0" * 8)))
    kept = clone.path / ".git/promptctl-view-notes.txt"
    kept.touch()
    os.utime(kept, (0, 0))
    with Repository.discover(clone.path, environ):
        assert elsewhere.exists(), f"nobody here can know whether {pid} runs there"
    week = time.time() - 8 * 24 * 3600
    os.utime(elsewhere, (week, week))
    with Repository.discover(clone.path, environ):
        assert not elsewhere.exists()
    assert kept.exists(), "nothing but folders is taken for a view"


@pytest.mark.parametrize(
    ("address", "program"),
    [("git@acme.example:r.git", "ssh"), ("https://acme.example/r.git", "remote-https")],
)
def test_a_program_that_leads_to_the_remote_and_is_not_there_is_named(
    remote: Clone, tmp_path: Path, environ: dict[str, str], address: str, program: str
) -> None:
    clone = make_clone(remote, tmp_path / "c", environ)
    clone.git("remote", "set-url", "origin", address)
    for name in ("bin", "exec"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/git").symlink_to(str(shutil.which("git")))
    poor = environ | {"PATH": str(tmp_path / "bin"), "GIT_EXEC_PATH": str(tmp_path / "exec")}
    with Repository.discover(clone.path, poor) as repository:
        with pytest.raises(Unavailable, match=program) as caught:
            repository.refs.fetch([HEAD])
        assert "install" in caught.value.hint
        head = repository.objects.read("HEAD")
        assert head is not None
        with pytest.raises(Unavailable, match="cannot be reached") as pushed:
            repository.refs.push("refs/heads/env/dev", head.oid, None)
        assert "nothing was changed" in pushed.value.hint
