from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import FILES, Desk
from helpers.repositories import Clone, hermetic_environ

LOOSE = {
    **FILES,
    "promptctl.yaml": "environments:\r\n- name: dev\r\n- {name: prod,after: dev}\r\n",
    "rag_configs/city.yaml": "description:   Finds places.  # and more\nretrieval: { top_k: 2 }\n",
}
DIFF = """\
--- rag_configs/city.yaml
+++ rag_configs/city.yaml
@@ -1,2 +1,2 @@
-description:   Finds places.  # and more
-retrieval: { top_k: 2 }
+description: Finds places.    # and more
+retrieval: {top_k: 2}
1 file, 1 would change
→ promptctl fmt
"""
BROKEN = """\
  ~ promptctl.yaml
  ~ rag_configs/city.yaml
evals/broken.yaml:1:4: error PC021 anchors (&x) are not allowed
    → write the value out
11 files, 2 changed, 1 left alone
"""


def content(desk: Desk) -> dict[str, bytes]:
    return {
        path.relative_to(desk.path).as_posix(): path.read_bytes()
        for path in desk.path.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def loose(tmp_path: Path) -> Desk:
    path = tmp_path / "registry"
    path.mkdir()
    clone = Clone(path, hermetic_environ(tmp_path / "home"))
    for name, text in LOOSE.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text.encode())
    return Desk(clone)


def test_check_writes_nothing_and_lists_what_would_change(loose: Desk) -> None:
    before = content(loose)
    ran = loose.run("fmt", "--check")
    assert (ran.code, ran.stderr) == (1, "")
    assert ran.stdout == (
        "  ~ promptctl.yaml\n  ~ rag_configs/city.yaml\n10 files, 2 would change\n→ promptctl fmt\n"
    )
    shown = loose.run("fmt", "--diff", "rag_configs")
    assert (shown.code, shown.stdout) == (1, DIFF)
    assert content(loose) == before


def test_fmt_mends_the_files_and_is_done(loose: Desk) -> None:
    ran = loose.run("fmt")
    assert (ran.code, ran.stdout) == (
        0,
        "  ~ promptctl.yaml\n  ~ rag_configs/city.yaml\n10 files, 2 changed\n",
    )
    assert content(loose)["promptctl.yaml"] == (
        b"environments:\n  - name: dev\n  - {name: prod, after: dev}\n"
    )
    assert loose.run("fmt", "--check").stdout == "10 files, all in their layout\n"
    assert loose.ok("validate") == "10 files, no findings\n"


def test_files_that_cannot_be_read_and_links_are_left_alone_and_the_others_are_not(loose: Desk) -> None:
    outside = loose.path.parent / "outside.yaml"
    outside.write_text("a:   1\n")
    (loose.path / "evals/broken.yaml").write_bytes(b"a: &x 1\r\n")
    ran = loose.run("fmt")
    assert (ran.code, ran.stdout) == (1, BROKEN)
    assert (loose.path / "evals/broken.yaml").read_bytes() == b"a: &x 1\r\n"
    (loose.path / "evals/broken.yaml").unlink()
    (loose.path / "evals/link.yaml").symlink_to(outside)
    ran = loose.run("fmt")
    assert ran.code == 1
    assert "evals/link.yaml: error PC006 " in ran.stdout
    assert outside.read_text() == "a:   1\n"


def test_only_what_is_named_is_written(loose: Desk) -> None:
    loose.ok("fmt", "rag_configs/city.yaml")
    assert content(loose)["promptctl.yaml"] == LOOSE["promptctl.yaml"].encode()
    assert loose.run("fmt", "README.md").code == 2
    assert loose.run("fmt", "../outside").code == 2
    loose.ok("-C", "rag_configs", "fmt", "../promptctl.yaml")
    assert content(loose)["promptctl.yaml"].endswith(b"dev}\n")


def test_json_has_frozen_keys(loose: Desk) -> None:
    found = loose.run("fmt", "--check", "-o", "json").json
    assert set(found) == {"schema", "changes", "written", "kept", "findings", "files"}
    assert (found["schema"], found["changes"], found["written"]) == (
        "promptctl.fmt/v1",
        ["promptctl.yaml", "rag_configs/city.yaml"],
        False,
    )
    assert loose.run("fmt", "-o", "json").json["written"] is True


def test_the_lines_of_a_file_with_a_secret_are_not_shown(loose: Desk) -> None:
    key = "ghp_" + "Zk3vQ9xT7mWb2LrN8s" + "Yd4HfJ6pCgA1eUoXi5"
    (loose.path / "rag_configs/city.yaml").write_text(f"description:   {key}\n")
    ran = loose.run("fmt", "--diff", "rag_configs")
    assert ran.stdout.splitlines()[0] == "  ~ rag_configs/city.yaml  (not shown: it holds a secret)"
    assert key not in ran.stdout
    (loose.path / "rag_configs/city.yaml").write_text(f"description: *{key}\n")
    ran = loose.run("fmt")
    assert ran.code == 1
    assert "rag_configs/city.yaml" in ran.stdout
    assert key not in ran.stdout + ran.stderr
