"""promptfoo's configurations (https://www.promptfoo.dev/docs/configuration/reference/): prompts, cases,
assertions. A prompt becomes a prompt, with a suite and a dataset of its own where there are tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptctl.services.importing.imported import LEFT_OUT, UNREADABLE, WOULD_RUN, Imported, Source
from promptctl.services.importing.naming import legal_name, unique
from promptctl.services.importing.options import options_of
from promptctl.services.importing.promptfoo_prompts import RawPrompt, draft_of, prompts_of
from promptctl.services.importing.promptfoo_suites import suite_of
from promptctl.services.importing.promptfoo_tests import Defaults, Test, defaults_of, tests_of
from promptctl.services.importing.reports import Report, Where
from promptctl.services.importing.structured import Structured

_READ = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "evaluateOptions"}
)
_RUNS = {
    "nunjucksFilters": "filters in JavaScript",
    "extensions": "hooks",
    "env": "variables of the environment",
}
_MODES = frozenset({"chat", "messages", "responses"})
_CODE = ("file://", "exec:", "python:", "package:", "http:", "https:", "ws:", "wss:", "webhook:", "golang:")


def read(source: Source) -> Imported:
    """Return what the configuration becomes; findings where it says more."""
    report = Report(source.path)
    config = report.read(source.data, source.path)
    if config is not None and not isinstance(config.value, dict):
        report.error(
            1, UNREADABLE, "this is no configuration of promptfoo's", "expected keys like prompts: and tests:"
        )
    if config is None or not isinstance(config.value, dict):
        return Imported(findings=report.findings)
    _say_unread(config, report)
    raw = prompts_of(config, source, report)
    model = _model(config, report)
    defaults = defaults_of(config, source, report)
    tests = tests_of(config, source, defaults, report)
    cost = sum((each.cost for each in tests), defaults.cost) * len(raw)
    if cost.problem:
        message = f"{len(raw):,} prompts with {len(tests):,} tests each: {cost.problem}"
        report.error(config.place("tests"), UNREADABLE, message, "import them in parts")
        tests, defaults = [], Defaults()
    files: dict[str, bytes] = {}
    for name, each in zip(_names(source.name, raw), raw, strict=True):
        files |= _files(name, each, model, (defaults, tests), config, report)
    return Imported(files, report.findings)


def _files(
    name: str,
    raw: RawPrompt,
    model: Mapping[str, Any],
    tested: tuple[Defaults, list[Test]],
    config: Structured,
    report: Report,
) -> dict[str, bytes]:
    """Return the files of one prompt, or none where it cannot be said."""
    draft = draft_of(raw, report.of(raw.path))
    if draft is None:
        return {}
    description = config.value.get("description")
    draft.front = {"description": description if isinstance(description, str) else "", "model": model}
    made = suite_of(name, draft, *tested, _repeats(config), report)
    return {f"prompts/{name}.md": draft.file(), **made}


def _names(name: str, raw: list[RawPrompt]) -> list[str]:
    if len(raw) == 1:
        return [name]
    labels = [legal_name(each.label) or f"prompt-{number}" for number, each in enumerate(raw, 1)]
    return [f"{name}/{each}" for each in unique([each.replace("/", "-") for each in labels])]


def _repeats(config: Structured) -> int:
    options = config.value.get("evaluateOptions")
    repeats = options.get("repeat", 1) if isinstance(options, dict) else 1
    return repeats if type(repeats) is int and repeats >= 1 else 1


def _say_unread(config: Structured, report: Report) -> None:
    for key in config.value:
        place = config.place(key)
        if key in _RUNS:
            message = f"`{key}` holds {_RUNS[key]}: nothing of it is run or kept"
            report.error(
                place, WOULD_RUN, message, "compute values in the application, and pass them as inputs"
            )
        elif key not in _READ and not key.startswith("$"):
            report.warning(place, LEFT_OUT, f"`{key}` has no place in a registry")
    options = config.value.get("evaluateOptions")
    for key in options if isinstance(options, dict) else ():
        if key != "repeat":
            message = f"`evaluateOptions.{key}` has no place in a registry"
            report.warning(config.place("evaluateOptions", key), LEFT_OUT, message)


def _model(config: Structured, report: Report) -> dict[str, Any]:
    """Return the model, where there is exactly one provider."""
    key = "providers" if "providers" in config.value else "targets"
    given = config.value.get(key)
    listed = given if isinstance(given, list) else [] if given is None else [given]
    found = [each for each in map(_provider, listed) if each is not None]
    if len(found) > 1:
        names = ", ".join(name for name, _ in found[:5])
        message = f"{len(found)} providers ({names}): a prompt names one model, so none was taken"
        report.warning(config.place(key), LEFT_OUT, message, "name the one that answers under model:")
    if len(found) != len(listed):
        report.error(
            config.place(key), UNREADABLE, f"`{key}` holds what is no provider", 'write "openai:gpt-4.1-mini"'
        )
    if len(found) != 1:
        return {}
    name, settings = found[0]
    if name.startswith(_CODE) or name.rpartition(":")[0].endswith((".py", ".js", ".ts")):
        report.error(
            config.place(key), WOULD_RUN, f"the provider {name!r} is code or an address", "name a model"
        )
        return {}
    return _named_model(name, settings, config.place(key), report)


def _provider(given: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return a provider's name and its settings, in each of the ways to write one."""
    if isinstance(given, str):
        return given, {}
    if not isinstance(given, dict) or not given:
        return None
    if isinstance(given.get("id"), str):
        return given["id"], given
    name, settings = next(iter(given.items()))
    return (name, settings if isinstance(settings, dict) else {}) if len(given) == 1 else None


def _named_model(name: str, settings: Mapping[str, Any], place: Where, report: Report) -> dict[str, Any]:
    provider, colon, rest = name.partition(":")
    mode, _, model = rest.partition(":")
    identity = model if mode in _MODES and model else rest
    for key in settings:
        if key not in {"id", "config"}:
            report.warning(place, LEFT_OUT, f"`{key}` of the provider has no place in a registry")
    config = settings.get("config")
    options = options_of(config if isinstance(config, dict) else {}, report, place)
    named = {"provider": provider, "id": identity} if colon and identity else {"id": name}
    return {**named, **({"options": options} if options else {})}
