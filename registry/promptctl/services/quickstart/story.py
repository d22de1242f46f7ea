"""The main job, told from beginning to end with real commands, a real remote and a real runtime."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promptctl.errors import StoppedError, Unavailable
from promptctl.providers.chat import Provider
from promptctl.providers.local import INSTALL, Local, find_model, runtime_version
from promptctl.providers.responses import Recording, Replay, ResponseFile
from promptctl.services.quickstart.answers import serve
from promptctl.services.quickstart.example import example_files
from promptctl.services.quickstart.stage import Runtime, Stage
from promptctl.store.files import PIPELINE

NAME = "support-answer"
RECORDED = Path(__file__).with_name("recorded.jsonl")

# The edits of the story: file, text before, text after.
FORGETS_CONTEXT = (
    "prompts/support-answer.md",
    "Answer in one short sentence, from these facts:\n\n{{ context }}\n",
    "Answer in one short sentence, from the facts in our help centre.\n",
)
MORE_PASSAGES = ("rag_configs/support-kb.yaml", "  top_k: 1\n", "  top_k: 3\n")
GOOD_EDIT = (
    "partials/brand-voice.md",
    "a furniture shop. You are friendly and exact.",
    "a furniture shop.",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the story takes place: an empty folder, the environment of its processes, and how it is told.

    With `replay` no model is run; with `record` every answer is written there as a cassette.
    """

    folder: Path
    environ: Mapping[str, str]
    tell: Callable[[str], None]
    title: Callable[[str], None]
    pause: Callable[[float], None]
    replay: bool = False
    record: Path | None = None


def quickstart(setting: Setting) -> None:
    """Tell the story; raise `StoppedError` as soon as a verdict or a served version differs from it."""
    setting = _with_model_or_replay(setting)
    stage = Stage(setting.folder, _environ(setting), setting.tell, setting.pause)
    stage.make(_files(setting))
    with serve(_provider(setting)) as model_url:
        story = _Story(setting, stage)
        story.first_release()
        with Runtime(stage, model_url) as runtime:
            story.runtime_pulls(runtime)
            story.forgetful_edit(runtime)
            story.harmless_looking_edit(runtime)
            story.good_edit(runtime)
            story.rollback(runtime)
        story.proof()


class _Story:
    """The chapters, in their order."""

    def __init__(self, setting: Setting, stage: Stage) -> None:
        self._tell, self._title = setting.tell, setting.title
        self._stage = stage
        self._run = stage.promptctl
        self._question = _question()
        self._answers = _answers(setting)

    def first_release(self) -> None:
        self._title("A registry: a furniture shop's support assistant")
        self._tell(f"The clone {self._stage.work}")
        self._tell(f"has the remote {self._stage.url}")
        self._run("validate")
        self._run("list")
        self._title("The first release is evaluated and promoted to prod")
        self._eval()
        self._run("release", NAME)
        for environment in ("dev", "staging", "prod"):
            self._run("promote", NAME, "--to", environment)
        self._stage.expect_serving("1.0.0")

    def runtime_pulls(self, runtime: Runtime) -> None:
        self._title("A runtime, in a process of its own, pulls what prod serves")
        self._tell(f"$ python runtime.py {self._stage.url}")
        self._tell('  with promptctl.connect(url, environment="prod", refresh=1) as registry: …')
        self._expect_answer(runtime, "1.0.0")

    def forgetful_edit(self, runtime: Runtime) -> None:
        self._title("An edit of the prompt that forgets the passages")
        self._stage.edit(*FORGETS_CONTEXT, "a shorter prompt")
        self._refused_by_evals("fail")
        self._untouched(runtime)

    def harmless_looking_edit(self, runtime: Runtime) -> None:
        self._title("An edit of the retrieval settings that looks harmless")
        self._stage.edit(*_undone(FORGETS_CONTEXT), "the passages are back")
        self._stage.edit(*MORE_PASSAGES, "three passages instead of one")
        self._refused_by_evals("fail", "inconclusive")
        self._untouched(runtime)

    def good_edit(self, runtime: Runtime) -> None:
        self._title("A good edit passes, and the running runtime picks it up")
        self._stage.edit(*_undone(MORE_PASSAGES), "one passage again")
        self._stage.edit(*GOOD_EDIT, "fewer words about the voice")
        self._run("diff", f"{NAME}@prod", NAME)
        self._eval("--baseline", "@prod")
        self._run("release", NAME)
        for environment in ("dev", "staging", "prod"):
            self._run("promote", NAME, "--to", environment)
        self._stage.expect_serving("1.3.0")
        self._expect_answer(runtime, "1.3.0")

    def rollback(self, runtime: Runtime) -> None:
        self._title("A rollback takes seconds, and the runtime follows")
        self._run("rollback", NAME, "--env", "prod", "--reason", "a customer complained")
        self._stage.expect_serving("1.0.0")
        self._expect_answer(runtime, "1.0.0")

    def proof(self) -> None:
        self._title("What serves, who did what, and the proof")
        self._run("status")
        self._run("history", "--env", "prod")
        self._run("verify")

    def _eval(self, *words: str, expect: int = 0) -> None:
        self._run("eval", NAME, *words, "--record", *self._answers, expect=expect)

    def _refused_by_evals(self, *results: str) -> None:
        self._run("release", NAME)
        self._run("promote", NAME, "--to", "dev")
        self._eval("--baseline", "@prod", expect=1)
        self._run("promote", NAME, "--to", "staging", expect=1)
        gates = self._stage.ask("promote", NAME, "--to", "staging", "--dry-run")["gates"]
        found = next(each["result"] for each in gates if each["gate"] == "evals")
        if found not in results:
            raise StoppedError(f"the story went another way: the evals gate says {found}")

    def _untouched(self, runtime: Runtime) -> None:
        self._stage.expect_serving("1.0.0")
        runtime.expect_version("1.0.0")
        self._tell("prod still serves 1.0.0, and so does the runtime.")

    def _expect_answer(self, runtime: Runtime, version: str) -> None:
        runtime.expect_version(version)
        answered = runtime.answer(self._question["question"], self._question["documents"])
        self._tell(f"  customer: {self._question['question']}")
        self._tell(f"  {NAME} {answered['version']}: {' '.join(answered['answer'].split())}")


def _answers(setting: Setting) -> tuple[str, ...]:
    """Where the answers of `eval` come from or go to, besides the model."""
    if setting.replay:
        shutil.copyfile(RECORDED, setting.folder / RECORDED.name)
        return ("--replay", f"../{RECORDED.name}")
    return ("--record-responses", str(setting.record)) if setting.record else ()


def _undone(edit: tuple[str, str, str]) -> tuple[str, str, str]:
    path, before, after = edit
    return path, after, before


def _question() -> Mapping[str, Any]:
    lines = example_files()["datasets/support-golden.jsonl"].decode().splitlines()
    cases = [json.loads(line) for line in lines if line]
    chosen = next(case for case in cases if case.get("must_pass"))
    return {"question": chosen["vars"]["question"], "documents": chosen["documents"]}


def _files(setting: Setting) -> dict[str, bytes]:
    files = example_files()
    if setting.replay:
        # Recorded answers satisfy a gate only where the registry says so; shown with every verdict.
        allowed = files[PIPELINE].replace(b"{margin: 0.10}", b"{margin: 0.10, replay: allowed}")
        files[PIPELINE] = allowed
    return files


def _with_model_or_replay(setting: Setting) -> Setting:
    if setting.replay:
        setting.tell("REPLAY: no model runs here; every answer below was recorded before.")
        return setting
    try:
        find_model()
        runtime_version()
    except Unavailable as error:
        setting.tell(f"REPLAY: {error.message}, so every answer below was recorded before.")
        setting.tell(f"        To run the model itself: {INSTALL}")
        return replace(setting, replay=True)
    return setting


def _provider(setting: Setting) -> Callable[[], Provider]:
    def make() -> Provider:
        if setting.replay:
            return Replay(ResponseFile(RECORDED))
        local = Local(jitter=random.Random(0).random)  # noqa: S311 - nothing secret
        return Recording(local, ResponseFile(setting.record)) if setting.record else local

    return make


def _environ(setting: Setting) -> dict[str, str]:
    return {**setting.environ, "PROMPTCTL_CACHE_DIR": str(setting.folder / "cache")}
