"""The SARIF log against the schema that OASIS publishes, and against what code scanning takes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from helpers.cli import FILES, GREETING, make_desk
from helpers.published_schemas import SARIF, published_schema
from jsonschema import Draft7Validator

from promptctl.checks.catalogue import EVERY
from promptctl.cli.output.caret import Lines
from promptctl.cli.output.sarif import FINGERPRINT, RESULTS, SIZE_BYTES, sarif_log, sarif_text
from promptctl.model.findings import Finding
from promptctl.services.validate import Report

NOTHING = Lines({})
STRANGE = "rag_configs/a b%:#?\n::x\u202e.yaml"
BROKEN: dict[str, str | bytes] = {
    **FILES,
    "prompts/greeting.md": GREETING.replace("{{ guest }}", "你好 {{ gest }} {{ gest }}"),
    "rag_configs/city.yaml": "retrieval: {top_k: '[click]( https://x.example ) {0}'}\n",
    STRANGE: "retrieval: {top_k: 2}\n",
    "partials/empty.md": b"\xff\x00",
}


@pytest.fixture(scope="module")
def valid() -> Draft7Validator:
    schema = published_schema(SARIF)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    ran = make_desk(tmp_path_factory.mktemp("desk"), BROKEN).run(
        "-o", "json", "validate", "--format", "sarif"
    )
    assert (ran.code, ran.stderr) == (1, "")
    assert ran.stdout.isascii()
    return ran.json


def results(log: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def of(*findings: Finding, line: Lines = NOTHING) -> list[Any]:
    log, _ = sarif_log(Report(findings, 1, 1), line, "0")
    return results(log)


def fingerprints(*findings: Finding, sources: dict[str, bytes]) -> list[str]:
    return [each["partialFingerprints"][FINGERPRINT] for each in of(*findings, line=Lines(sources))]


def test_the_log_is_valid(log: dict[str, Any], valid: Draft7Validator) -> None:
    assert log["version"] == "2.1.0"
    assert [each.message for each in valid.iter_errors(log)] == []


@pytest.mark.parametrize("path", [("version",), ("runs", 0, "tool"), ("runs", 0, "results", 0, "message")])
def test_the_schema_notices_what_is_missing(
    log: dict[str, Any], valid: Draft7Validator, path: tuple[str | int, ...]
) -> None:
    broken: Any = copy.deepcopy(log)
    inside = broken
    for key in path[:-1]:
        inside = inside[key]
    del inside[path[-1]]
    assert not valid.is_valid(broken)


def test_a_log_without_findings_is_valid_and_has_every_rule(tmp_path: Path, valid: Draft7Validator) -> None:
    ran = make_desk(tmp_path / "desk").run("validate", "--format", "sarif")
    assert ran.code == 0
    assert valid.is_valid(ran.json)
    assert results(ran.json) == []
    driver = ran.json["runs"][0]["tool"]["driver"]
    assert (driver["name"], [each["id"] for each in driver["rules"]]) == (
        "promptctl",
        [each.code for each in EVERY],
    )
    for each in driver["rules"]:
        assert each["shortDescription"]["text"]
        assert each["fullDescription"]["text"]
        assert each["help"]["text"]
        assert each["defaultConfiguration"]["level"] in {"error", "warning"}


def test_every_result_names_its_rule_its_level_and_its_place(log: dict[str, Any]) -> None:
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert {each["ruleId"] for each in results(log)} >= {"PC001", "PC042", "PC101", "PC103"}
    for each in results(log):
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["level"] in {"error", "warning"}
        (location,) = each["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    levels = [each["level"] for each in results(log)]
    assert levels == sorted(levels)  # errors first


def test_columns_count_characters_and_a_whole_file_has_no_region(log: dict[str, Any]) -> None:
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
    first = next(each for each in results(log) if each["ruleId"] == "PC101")
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 19, "startColumn": 7}
    (whole,) = of(Finding("a", 0, 0, "PC008", "not a name"))
    assert "region" not in whole["locations"][0]["physicalLocation"]


def test_a_path_is_a_relative_uri_whatever_stands_in_it(log: dict[str, Any]) -> None:
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results(log)]
    uri = next(each for each in places if each.startswith("rag_configs/a"))
    assert uri.startswith("rag_configs/a%20b%25%3A%23%3F%0A%3A%3Ax%E2%80%AE")
    assert unquote(uri) == STRANGE
    (bytes_,) = of(Finding("a/\udcff.yaml", 0, 0, "PC008", "not a name"))
    assert bytes_["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a/%FF.yaml"


def test_no_message_is_a_link_a_placeholder_or_an_order() -> None:
    (found,) = of(Finding("a", 1, 1, "PC001", "[a](b) {0} {{ x }} \x1b[2J\u202e\ud800", "##[add-mask]x"))
    text = found["message"]["text"]
    assert text == "[a] (b) {{0}} {{{{ x }}}} �[2J�?\n#�[add-mask]x"
    assert "##[" not in sarif_text(found)
    assert json.loads(sarif_text(found)) == found


def test_a_fingerprint_stays_when_its_line_moves() -> None:
    before = fingerprints(
        Finding("a", 2, 3, "PC024", "`x` is here twice, first on line 1"), sources={"a": b"x: 1\nx: 2\n"}
    )
    moved = fingerprints(
        Finding("a", 4, 5, "PC024", "`x` is here twice, first on line 3"),
        sources={"a": b"\n\nx: 1\n  x: 2\n"},
    )
    assert before == moved


def test_findings_that_differ_have_fingerprints_that_differ() -> None:
    sources = {"a": b"{{ x }} {{ y }}\n{{ x }} {{ y }}\n{{ z }}\n", "b": b"{{ x }} {{ y }}\n"}
    found = fingerprints(
        Finding("a", 1, 4, "PC101", "`x` is not declared"),
        Finding("a", 1, 12, "PC101", "`y` is not declared"),
        Finding("a", 1, 12, "PC104", "`y` is not declared"),
        Finding("a", 2, 4, "PC101", "`x` is not declared"),
        Finding("a", 3, 4, "PC101", "`x` is not declared"),
        Finding("a", 0, 0, "PC008", "not a name"),
        Finding("b", 1, 4, "PC101", "`x` is not declared"),
        sources=sources,
    )
    assert len(set(found)) == 7


def test_what_code_scanning_would_not_show_is_left_out_warnings_first_and_said(
    valid: Draft7Validator,
) -> None:
    warnings = [Finding("a", line, 1, "PC103", "unused", severity="warning") for line in range(1, 11)]
    errors = [Finding("b", line, 1, "PC101", "undefined") for line in range(1, RESULTS)]
    log, left_out = sarif_log(Report((*warnings, *errors), 2, 2), NOTHING, "0")
    assert (left_out, len(results(log))) == (9, RESULTS)
    assert sum(each["level"] == "error" for each in results(log)) == RESULTS - 1
    (invocation,) = log["runs"][0]["invocations"]
    (said,) = invocation["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("9 findings are left out of this log")
    assert valid.is_valid(log)


def test_long_texts_keep_the_log_small_enough_to_be_taken() -> None:
    findings = [Finding("p" * 3_000, line, 1, "PC101", "你" * 400, "好" * 400) for line in range(1, 4_001)]
    log, left_out = sarif_log(Report(tuple(findings), 1, 1), NOTHING, "0")
    assert left_out > 0
    assert 0.8 * SIZE_BYTES < len(json.dumps(log)) < 1.1 * SIZE_BYTES
