"""Prompts that live elsewhere move in: the corpus byte for byte, GitHub's files with suites that run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from helpers.chat_server import chat_server
from helpers.corpus import CORPUS, rows
from helpers.repositories import hermetic_environ, make_clone, make_remote
from helpers.shop import call, ok, shop

from promptctl.core.bundle import parse
from promptctl.core.rendering import CompiledPrompt
from promptctl.model.bundle import build
from promptctl.store.files import from_work_tree
from promptctl.store.registry import read

PIPELINE = "environments:\n  - name: dev\n"
SAMPLES = CORPUS.parents[1] / "conformance/github-models"
PROVIDER = 'providers:\n  github: {base_url: "URL", api_key_env: HOST_KEY}\n'
INVISIBLE = {"Cc", "Cf", "Zl", "Zp"}
"""Unicode's categories of what nobody sees: bodies that hold such characters get warnings, and no others."""

needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the folder of shared data is not here")
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of shared vectors is not here")


@needs_corpus
def test_every_row_of_the_corpus_imports_and_renders_to_its_text_byte_for_byte(tmp_path: Path) -> None:
    clone = shop(tmp_path, {"promptctl.yaml": PIPELINE})
    done = ok(clone, "import", "csv", str(CORPUS), "--into", "corpus")
    corpus = rows()
    assert (len(corpus), len(done["written"])) == (1519, 1519)
    assert [each["code"] for each in done["findings"]] == ["PC203"]  # titles that two rows have
    assert {each["severity"] for each in done["problems"]} <= {"warning"}
    problems = {each["path"] for each in done["problems"]}
    assert call(clone, "fmt", "--check").code == 0
    registry = read(from_work_tree(clone.path))
    rendered = Counter[tuple[str, str]]()
    for artifact in registry.of_kind("prompt"):
        built = build(registry, artifact.address)
        (message,) = CompiledPrompt(parse(built.content, digest=built.digest)).messages({})
        assert message["role"] == "system"
        rendered[artifact.value.description, message["content"]] += 1
        if artifact.path in problems:
            assert any(category(each) in INVISIBLE for each in set(message["content"]) - {"\n", "\t"})
    assert rendered == Counter((row.title, row.body) for row in corpus)
    for row in corpus[:2]:
        name = f"corpus/awesome-chatgpt-prompts/{row.name[5:]}"
        assert ok(clone, "render", name)["messages"] == [{"role": "system", "content": row.body}]


def respond(body: Mapping[str, Any]) -> str:
    asked = body["messages"][-1]["content"]
    return json.dumps({"name": asked, "habitat": "here", "said": "HELLO" if "hello" in asked else "goodbye"})


@needs_samples
def test_the_files_of_github_models_import_and_their_suites_run(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    environ |= {"PROMPTCTL_CACHE_DIR": str(tmp_path / "cache"), "HOST_KEY": "secret"}
    with chat_server(respond) as server:
        pipeline = PIPELINE + PROVIDER.replace("URL", server.url)
        remote = make_remote(tmp_path / "remote.git", environ, {"promptctl.yaml": pipeline})
        clone = make_clone(remote, tmp_path / "ada", environ)
        written = [
            path
            for each in sorted(SAMPLES.glob("*.yml"))
            for path in ok(clone, "import", "github", str(each))["written"]
        ]
        assert sorted(each for each in written if each.startswith("evals/")) == [
            "evals/json_schema_prompt.yaml",
            "evals/sample_prompt.yaml",
        ]
        assert sum(each.startswith("prompts/") for each in written) == 4
        assert call(clone, "validate").code == 0
        assert call(clone, "fmt", "--check").code == 0
        for name, cases in (("json_schema_prompt", 3), ("sample_prompt", 2)):
            done = call(clone, "eval", name)
            assert (done.code, f"{cases} live" in done.out) == (0, True), done.out + done.err
        asked = [each["messages"] for each in server.requests]
        assert {"role": "user", "content": "Describe a dog in detail."} in [each[-1] for each in asked]
        assert server.requests[0]["response_format"]["type"] == "json_schema"
        server.respond = lambda _: "nothing of it"
        (clone.path / "prompts/sample_prompt.md").write_text(
            (clone.path / "prompts/sample_prompt.md").read_text().replace("helpful", "new")
        )
        assert call(clone, "eval", "sample_prompt").code == 1
