"""The prompts of a configuration of promptfoo's: inline, or in files next to it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from promptctl.services.importing.beside import FILE, read_matching, runs
from promptctl.services.importing.drafting import Draft, message
from promptctl.services.importing.imported import LEFT_OUT, UNREADABLE, UNTRANSLATED, WOULD_RUN, Source
from promptctl.services.importing.promptfoo_cost import CHARACTERS_LIMIT
from promptctl.services.importing.reports import Report, Where
from promptctl.services.importing.structured import Structured, read_structured
from promptctl.services.importing.translating import nunjucks

_PATH = re.compile(r"(?:\./)?[\w.*?-]+(?:/[\w.*?-]+)*\.(?:txt|md|json|jsonl|ya?ml|csv|j2)")
PROMPTS_LIMIT = 1_000
TAGS_LIMIT = 20_000
_SERVICES = ("langfuse://", "portkey://", "helicone://")


@dataclass(frozen=True, slots=True)
class RawPrompt:
    """One prompt as promptfoo sees it: a text, or a chat in JSON or YAML, and where it stands."""

    text: str
    label: str
    path: str
    where: Where


def prompts_of(config: Structured, source: Source, report: Report) -> list[RawPrompt]:
    """Return every prompt; what cannot be read, or would have to be run, is said."""
    given = config.value.get("prompts")
    if not given:
        report.error(
            1, UNREADABLE, "there are no `prompts`", "name the prompts, or the files that they are in"
        )
        return []
    if isinstance(given, dict):  # the old form: a file, and what to call it
        entries: list[Any] = [{"raw": key, "label": value} for key, value in given.items()]
    else:
        entries = given if isinstance(given, list) else [given]
    found: list[RawPrompt] = []
    characters = tags = 0
    for index, each in enumerate(entries):
        where = config.place("prompts", index)
        for raw in _entry(each, where, source, report):
            characters += len(raw.text)
            tags += raw.text.count("{{") + raw.text.count("{%")
            if problem := _problem(len(found) + 1, characters, tags):
                report.error(where, UNREADABLE, problem, "import them in parts")
                return found
            found.append(raw)
    return found


def _problem(prompts: int, characters: int, tags: int) -> str:
    """Return which limit is passed; nothing where none is."""
    for count, limit, what in (
        (prompts, PROMPTS_LIMIT, "prompts"),
        (characters, CHARACTERS_LIMIT, "characters in all prompts together"),
        (tags, TAGS_LIMIT, "tags in all prompts together"),
    ):
        if count > limit:
            return f"more than {limit:,} {what}"
    return ""


def draft_of(raw: RawPrompt, report: Report) -> Draft | None:
    """Return the messages of a prompt, or None and a finding; a text is what the user says."""
    chat = _chat(raw)
    if isinstance(chat, str):
        report.error(
            raw.where, UNTRANSLATED, chat, "write the messages one by one, with {{ names }} inside of them"
        )
        return None
    parts = [message(role, text, nunjucks, report, raw.where) for role, text in chat]
    draft = Draft([each for each in parts if each is not None])
    if len(draft.messages) < len(parts):
        return None
    if "_conversation" in draft.used:
        hint = "declare an input of kind thread, and put it between the messages"
        report.error(
            raw.where, UNTRANSLATED, "`_conversation` holds the turns before, which is a thread here", hint
        )
        return None
    return draft


def _entry(given: Any, where: Where, source: Source, report: Report) -> Iterator[RawPrompt]:
    label = ""
    if isinstance(given, dict):
        for key in given:
            if key not in {"raw", "id", "label", "display"}:
                report.warning(where, LEFT_OUT, f"`{key}` of a prompt has no place in a registry")
        label = given["label"] if isinstance(given.get("label"), str) else ""
        given = given.get("raw") or given.get("id")
    if not isinstance(given, str) or not given.strip():
        report.error(where, UNREADABLE, "this is no prompt", "write a text, or file://prompt.txt")
        return
    if given.startswith("exec:") or runs(given):
        message = f"{given!r} would be run to make the prompt"
        report.error(
            where, WOULD_RUN, message, "write the text that it makes, with {{ names }} for what varies"
        )
    elif given.startswith(_SERVICES):
        report.error(
            where, WOULD_RUN, f"{given!r} would be fetched", "save the text in a file, and name that"
        )
    elif given.startswith(FILE) or _PATH.fullmatch(given):
        for path, data in read_matching(given, source, where, report):
            yield from _in_file(path, data, label, where, report)
    else:
        yield RawPrompt(given, label, source.path, where)


def _in_file(path: str, data: bytes, label: str, where: Where, report: Report) -> Iterator[RawPrompt]:
    """Yield the prompts of a file, as promptfoo takes it by its suffix."""
    suffix = PurePosixPath(path).suffix.lower()
    text = data.decode()
    whole = RawPrompt(text, label or PurePosixPath(path).stem, path, 1)
    if suffix == ".txt":
        yield from _stretches(whole)
    elif suffix == ".csv":
        try:
            yield from _rows(whole, label)
        except csv.Error as error:
            report.of(path).error(1, UNREADABLE, f"not valid CSV: {error}", "check the quotes")
    elif suffix == ".jsonl":
        lines = enumerate(text.split("\n"), 1)
        yield from (replace(whole, text=line, where=at) for at, line in lines if line.strip())
    elif suffix in {".yaml", ".yml"}:
        document = report.read(data, path)
        if document is not None:
            yield replace(whole, text=json.dumps(document.value, ensure_ascii=False))
    elif suffix in {".json", ".md", ".j2"}:
        yield whole
    else:
        report.error(
            where, UNREADABLE, f"{path} is no prompt: promptfoo reads .txt, .md, .json, .yaml, .csv, .j2"
        )


def _stretches(whole: RawPrompt) -> Iterator[RawPrompt]:
    """Yield the texts between lines of `---`."""
    stretch: list[str] = []
    first = 1
    for number, line in enumerate([*whole.text.split("\n"), "---"], 1):
        if line.strip() == "---":
            if text := "\n".join(stretch).strip():
                yield replace(whole, text=text, where=first)
            stretch, first = [], number + 1
        else:
            stretch.append(line)


def _rows(whole: RawPrompt, label: str) -> Iterator[RawPrompt]:
    """Yield one prompt for each line, or for each row of the column `prompt`."""
    if "," not in whole.text:
        lines = [(at, each) for at, each in enumerate(whole.text.split("\n"), 1) if each.strip()]
        header = bool(lines) and lines[0][1].strip().lower() == "prompt"
        yield from (replace(whole, text=line, where=at) for at, line in lines[header:])
        return
    reader = csv.DictReader(io.StringIO(whole.text, newline=""))
    for row in reader:
        text = (row.get("prompt") or "").strip()
        if text:
            yield replace(
                whole, text=text, label=row.get("label") or label or whole.label, where=reader.line_num
            )


def _chat(raw: RawPrompt) -> list[tuple[Any, Any]] | str:
    """Return (role, content) of every message, or why there are none."""
    text = raw.text.strip()
    parsed: Any = None
    if text.startswith("- role:"):
        document, _ = read_structured(text.encode(), raw.path)
        parsed = document.value if document else None
    elif text.startswith(("[", "{")):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            if '"role"' in text and ("{{" in text or "{%" in text):
                return "the JSON of the chat is itself made by a template"
    if (
        isinstance(parsed, list)
        and parsed
        and all(isinstance(each, dict) and "role" in each for each in parsed)
    ):
        return [(each.get("role"), each.get("content")) for each in parsed]
    return [("user", raw.text)]
