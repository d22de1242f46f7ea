"""A `.gitattributes` can make git show other bytes than the commit holds.

A filter runs a program on every checkout, `ident` writes into the text, `working-tree-encoding` and
`eol=crlf` convert it. A review of the files would then be no review of what is released, which is always the
commit's bytes. Attributes of other files, like `*.psd filter=lfs`, are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from promptctl.checks.rule import Problem, Refusal
from promptctl.core.names import FOLDERS
from promptctl.model.document import Place

NAME = ".gitattributes"

_CONVERTS = re.compile(r"(?:filter|working-tree-encoding)=.*|ident|eol=crlf")
_LINE = re.compile(r'[ \t]*(?P<pattern>"(?:[^"\\]|\\.)*"|[^ \t#"][^ \t]*)[ \t]+(?P<attributes>.*)')
_MACRO = "[attr]"
_WILD = re.compile(r"[*?\[\]\\]")
_LONGEST = 1_000
_SUFFIXES = (".md", ".prompty", ".yaml", ".jsonl", ".csv")


def problems(path: str, content: bytes) -> Iterator[Problem]:
    """Yield what the attributes in a `.gitattributes` would do to files of the registry."""
    macros: set[str] = set()
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        match = _LINE.fullmatch(line.rstrip("\r"))
        if match is None:
            continue
        pattern = match["pattern"].strip('"')
        words = match["attributes"].split()
        found = next((each for each in words if _CONVERTS.fullmatch(each) or each in macros), None)
        if found is None:
            continue
        if pattern.startswith(_MACRO):
            macros.add(pattern.removeprefix(_MACRO))
        elif _may_match(pattern, path):
            message = f"`{found}` for `{pattern}` changes the bytes of files on checkout"
            yield Problem(path, Place(number, line.index(pattern) + 1), message)


def _may_match(pattern: str, path: str) -> bool:
    """Say whether a pattern may match a file of the registry; in doubt it does."""
    if pattern.endswith("/"):
        return False  # git matches no file by it
    if len(pattern) > _LONGEST:
        return True
    name = _WILD.split(pattern)[-1].rpartition("/")[2]
    if not any(name.endswith(each) or each.endswith(name) for each in _SUFFIXES):
        return False
    top, slash, _ = pattern.removeprefix("/").partition("/")
    is_anchored = path == NAME and (slash or pattern.startswith("/")) and "**" not in top
    tops = (*FOLDERS.values(), "promptctl.yaml")
    return not is_anchored or "\\" in top or any(fnmatchcase(each, top) for each in tops)


RULE = Refusal(
    "PC086", "git changes no bytes of the registry's files", "remove the attribute, or name other files by it"
)
