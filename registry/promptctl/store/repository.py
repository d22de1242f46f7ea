"""Where a registry is, and a way to work on it that its own configuration cannot influence."""

from __future__ import annotations

import os
import re
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from promptctl.errors import RefusedError, Unavailable, UsageError
from promptctl.gitcmd import Git, cleaned
from promptctl.store.objects import Objects, StoredObject, object_id
from promptctl.store.refs import LocalRefs, RemoteRefs, SharedRefs

_SCHEME = re.compile(r"(file|https?|ssh)://", re.IGNORECASE)
_REMOTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_WORD = re.compile(r"[A-Za-z0-9]+")
_HEADER = re.compile(r"http\.(?P<address>https?://.+)\.extraheader")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OWN_SCOPES = frozenset({"local", "worktree"})
_USER_SCOPES = frozenset({"system", "global"})
_VIEW = "promptctl-view-"
_VIEW_NAME = re.compile(rf"{_VIEW}(?P<pid>[0-9]+)-(?P<host>[0-9a-f]{{8}})-[0-9a-f]{{8}}")
_VIEW_LASTS_S = 7 * 24 * 3600  # of other machines that share the folder nobody here knows who is running
_SHARED = ("objects", "refs", "packed-refs", "shallow", "logs", "reftable")


def find_root(directory: Path) -> Path | None:
    """Return the top of the git work tree that `directory` lies in; outside any, the nearest folder, from
    `directory` upward, that holds `promptctl.yaml`.

    A registry is the top of its repository: a `promptctl.yaml` further down makes none.
    """
    folders = (directory.absolute(), *directory.absolute().parents)
    tops = (folder for folder in folders if (folder / ".git").exists())
    return next(tops, None) or next((each for each in folders if (each / "promptctl.yaml").is_file()), None)


class Layout(NamedTuple):
    """Where a repository keeps what. `root` is the work tree, or the repository itself where it is bare.

    `git_dir` differs from `common_dir` in a linked work tree.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    is_bare: bool
    is_shallow: bool
    hash_name: str


class Repository:
    """One registry: its layout, configuration, objects and shared refs; a context manager.

    Git runs in a *view* of the repository: a folder of links to its objects and refs, with a configuration
    written here from the few values that are data. So no key of the repository's own configuration is ever
    obeyed, whatever git may learn to do with it; the user's own configuration is, as always.

    `note` is told, once each, what is no error and people should know.
    """

    def __init__(
        self,
        layout: Layout,
        configuration: Configuration,
        environ: Mapping[str, str],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.layout = layout
        self.configuration = configuration
        self.note: Callable[[str], None] = cache(note)
        remote = configuration.remote()
        head = _head_of(layout)
        view = _make_view(layout, _view_configuration(layout, configuration, remote), head)
        self._close_view = weakref.finalize(self, _remove_view, view)
        self.git: Git = Git(layout.root, environ=environ, git_dir=view)
        self.objects: Objects = Objects(self.git, hash_name=layout.hash_name)
        default = configuration.last("promptctl.defaultbranch")
        self.refs: SharedRefs
        if remote:
            self.refs = RemoteRefs(self.git, self.objects, remote=remote, default_branch=default)
        else:
            self.refs = LocalRefs(self.git, self.objects, defaults=_local_defaults(default, head))

    @classmethod
    def discover(
        cls, directory: Path, environ: Mapping[str, str], note: Callable[[str], None] = lambda _: None
    ) -> Repository:
        """Open the repository that `directory` lies in: a work tree, a linked one, or a bare repository.

        Git's own rules about whose repositories may be used hold. Raises `UsageError` where there is none,
        `Unavailable` where git is missing or too old.
        """
        git = Git(directory, environ=environ)
        return cls(_discover_layout(git, directory), Configuration.read(git), environ, note)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process and remove the view."""
        self.objects.close()
        self._close_view()

    def commit(self, revision: str) -> StoredObject:
        """Return the commit that `revision` (default: HEAD) names; raise `UsageError` where there is none."""
        name = revision or "HEAD"
        # Some names (`@{u}` where there is no upstream) end the process that reads objects.
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        found = self.git.call(*asked).stdout.decode().strip() if revision else f"{name}^{{commit}}"
        commit = self.objects.read(found)
        if commit is None or commit.type != "commit":
            hint = "git commit the registry first" if not revision else "git log"
            raise UsageError(f"{name} is no commit of this repository", hint=hint)
        return commit

    def dirty(self, paths: Iterable[str]) -> list[str]:
        """Return those of `paths` whose file in the work tree is not, byte for byte, the one of `HEAD`.

        Files are compared here, not by `git status`, which would run the filters that a repository names.
        """
        if self.layout.is_bare:
            return []
        wanted = sorted(set(paths))
        committed = self.objects.read_many([f"HEAD:{path}" for path in wanted], limit_bytes=0)
        ids = [stored.oid if stored else None for stored in committed]
        return [path for path, oid in zip(wanted, ids, strict=True) if self._id_of_file(path) != oid]

    def _id_of_file(self, path: str) -> str | None:
        place = self.layout.root / path
        if place.is_symlink() or not place.is_file():
            return None
        return object_id("blob", place.read_bytes(), self.layout.hash_name)


class Configuration(NamedTuple):
    """Git's configuration as seen from a repository. Keys are as git prints them; values in git's order.

    `own` holds what the repository itself says (and what it includes), `all` that and the user's.
    """

    own: Mapping[str, tuple[str, ...]]
    all: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, git: Git) -> Configuration:
        """Read it with one process."""
        fields = git.run("config", "--list", "--null", "--show-scope").decode("utf-8", "replace").split("\0")
        own: dict[str, tuple[str, ...]] = {}
        everything: dict[str, tuple[str, ...]] = {}
        for scope, entry in zip(fields[::2], fields[1::2], strict=False):
            key, separator, value = entry.partition("\n")
            for known, scopes in ((own, _OWN_SCOPES), (everything, _OWN_SCOPES | _USER_SCOPES)):
                if scope in scopes:
                    known[key] = (*known.get(key, ()), value if separator else "true")
        return cls(own, everything)

    def last(self, key: str) -> str:
        """Return the value that counts, empty where there is none. `key` as git prints it, in lower case."""
        return self.all.get(key, ("",))[-1]

    def remote(self) -> str:
        """Return the remote to use: `promptctl.remote`, else `origin`, else the only one, else nothing.

        Raises `RefusedError` where it cannot be told, or where its address is none that may be used.
        """
        names = sorted({key[7:-4] for key in self.own if key.startswith("remote.") and key.endswith(".url")})
        named = self.last("promptctl.remote")
        if named and named not in names:
            raise RefusedError(
                f"promptctl.remote names {cleaned(named.encode())!r}, which is no remote",
                hint="git config --unset promptctl.remote",
            )
        if not named and "origin" not in names and len(names) > 1:
            raise RefusedError(
                f"there are {len(names)} remotes and none is called origin",
                hint="choose one: git config promptctl.remote NAME",
            )
        remote = named or ("origin" if "origin" in names else "".join(names))
        if remote:
            _check_remote(remote, [*self.addresses(remote, "url"), *self.addresses(remote, "pushurl")])
            if len(self.places(remote)) > 1:
                raise RefusedError(
                    f"the remote {remote} is {len(self.places(remote))} places at once: what decides would be"
                    " read from one, and written to all",
                    hint=f"leave one address: git config --get-regexp 'remote.{remote}.*url'",
                )
        return remote

    def places(self, remote: str) -> tuple[str, ...]:
        """Return the addresses that are written to, and so read from: gates hold where they are read."""
        return self.addresses(remote, "pushurl") or self.addresses(remote, "url")

    def addresses(self, remote: str, key: str) -> tuple[str, ...]:
        """Return the values of `url` or `pushurl` of a remote."""
        return self.own.get(f"remote.{remote}.{key}", ())


def _local_defaults(configured: str, head: str) -> list[str]:
    """The default branch of a registry without a remote. Not simply the branch that is checked out: a feature
    branch must not decide the gates.
    """
    if configured:
        return [f"refs/heads/{configured}"]
    branch = head.removeprefix("ref: ")
    return ["refs/heads/main", "refs/heads/master", branch if branch.startswith("refs/") else "HEAD"]


def _check_remote(remote: str, addresses: Iterable[str]) -> None:
    problem = ""
    if _REMOTE_NAME.fullmatch(remote) is None or ".." in remote:
        problem = "its name cannot be used"
    for address in addresses:
        if not address or address.startswith("-") or _CONTROL.search(address):
            problem = "its address is not one"
        elif "::" in address.split("/", 1)[0] or ("://" in address and not _SCHEME.match(address)):
            problem = f"{cleaned(address.encode())!r} is not reached by file, http(s) or ssh"
    if problem:
        raise RefusedError(
            f"the remote {cleaned(remote.encode())!r} is refused: {problem}",
            hint="git remote set-url REMOTE https://…, or git@host:path",
        )


def _discover_layout(git: Git, directory: Path) -> Layout:
    questions = ("--absolute-git-dir", "--git-common-dir", "--is-bare-repository", "--is-shallow-repository")
    result = git.call("rev-parse", *questions, "--show-object-format", "--show-cdup")
    lines = os.fsdecode(result.stdout).split("\n")
    if result.returncode or len(lines) < 6:
        raise UsageError(
            f"{directory} is in no git repository that can be used: {result.words or 'inside a .git folder'}",
            hint="go into the registry, or make one with promptctl init",
        )
    git_dir, is_bare = Path(lines[0]), lines[2] == "true"
    here = Path(git.directory).absolute()
    return Layout(
        root=git_dir if is_bare else Path(os.path.normpath(here / lines[5])),
        git_dir=git_dir,
        common_dir=Path(os.path.normpath(here / lines[1])),
        is_bare=is_bare,
        is_shallow=lines[3] == "true",
        hash_name=lines[4],
    )


def _head_of(layout: Layout) -> str:
    try:
        return (layout.git_dir / "HEAD").read_text("utf-8", "surrogateescape").strip()
    except OSError as error:
        raise RefusedError(f"{layout.git_dir / 'HEAD'} cannot be read: {error.strerror}") from None


def _view_configuration(layout: Layout, configuration: Configuration, remote: str) -> str:
    own = configuration.own
    lines = ["[core]", "repositoryFormatVersion = 1", "bare = true"]
    lines += _word("sharedRepository", own.get("core.sharedrepository", ()))
    lines += ["[extensions]", f"objectFormat = {layout.hash_name}"]
    lines += _word("refStorage", own.get("extensions.refstorage", ()))
    if remote:
        lines += [f'[remote "{remote}"]', f"fetch = refs/heads/*:refs/remotes/{remote}/*"]
        lines += (f"url = {_quoted(address)}" for address in configuration.places(remote))
    lines += _sign_in_headers(own)
    return "\n".join(lines) + "\n"


def _sign_in_headers(own: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    # What CI systems store to sign in: a header for one address. It runs nothing and redirects nothing.
    for key, values in own.items():
        match = _HEADER.fullmatch(key)
        if match and not any(map(_CONTROL.search, (key, *values))):
            yield f"[http {_quoted(match['address'])}]"
            yield from (f"extraHeader = {_quoted(value)}" for value in values)


def _word(key: str, values: tuple[str, ...]) -> list[str]:
    return [f"{key} = {value}" for value in values[-1:] if _WORD.fullmatch(value)]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _make_view(layout: Layout, configuration: str, head: str) -> Path:
    try:
        view = _make_folder(layout.common_dir)
    except OSError as error:
        raise _no_room(layout.common_dir, error) from None
    try:
        for name in _SHARED:
            # `packed-refs` and `shallow` come and go: a link to a file not there yet is no file to git.
            if name in {"packed-refs", "shallow"} or (layout.common_dir / name).exists():
                (view / name).symlink_to(layout.common_dir / name)
        (view / "config").write_text(configuration, "utf-8")
        (view / "HEAD").write_text(head + "\n", "utf-8", "surrogateescape")
    except OSError as error:
        _remove_view(view)
        raise _no_room(view.parent, error) from None
    return view


def _no_room(place: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"nothing can be written to {place}: {error.strerror}",
        hint="nothing was changed; free some space there, or get write access, and try again",
    )


def _make_folder(common_dir: Path) -> Path:
    # Inside the repository, so that `includeIf "gitdir:…"` in the user's configuration holds as ever.
    folder = common_dir / f"{_VIEW}{os.getpid()}-{_host()}-{os.urandom(4).hex()}"
    try:
        folder.mkdir(mode=0o700)
        _remove_stale(common_dir, now_s=folder.stat().st_mtime)  # by the clock that dates the others
    except OSError:
        import tempfile

        return Path(tempfile.mkdtemp(prefix=_VIEW))
    return folder


def _host() -> str:
    """Whose process numbers ours is among: the machine, and the container where the system tells."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - no path, only what a link says
    except OSError:
        namespace = ""
    return f"{zlib.crc32(f'{os.uname().nodename} {namespace}'.encode('utf-8', 'surrogateescape')):08x}"


def _remove_stale(common_dir: Path, *, now_s: float) -> None:
    """Remove the views of processes that were killed: at once where we can know, else when they are old."""
    with suppress(OSError), os.scandir(common_dir) as entries:
        views = [each for each in entries if each.name.startswith(_VIEW)]
        for each in views:
            match = _VIEW_NAME.fullmatch(each.name)
            if match and match["host"] == _host():
                is_stale = not _is_running(int(match["pid"]))
            else:
                is_stale = now_s - each.stat(follow_symlinks=False).st_mtime > _VIEW_LASTS_S
            if is_stale and each.is_dir(follow_symlinks=False):
                _remove_view(Path(each.path))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _remove_view(view: Path) -> None:
    with suppress(OSError):
        for entry in view.iterdir():
            entry.unlink()
        view.rmdir()
