from __future__ import annotations

import base64
import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import BasePlugin
from helpers import corpus
from helpers.registries import findings_text, registry

from promptctl.checks import secrets

RANDOM = random.Random(20_261_122)
LOWER = "abcdefghijklmnopqrstuvwxyz"
LETTERS = LOWER + LOWER.upper()
DIGITS = "0123456789"
WORD = LETTERS + DIGITS
HEX = "0123456789abcdef"
BASE32 = LOWER.upper() + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def some(count: int, letters: str = WORD) -> str:
    """Return letters at random, in which all sorts of `letters` occur."""
    return "".join(RANDOM.choice(letters) for _ in range(count))


def pem() -> str:
    body = "\n".join(some(64) for _ in range(3))
    return "\n".join([f"-----BEGIN RSA {'PRIVATE'} KEY-----", body, f"-----END RSA {'PRIVATE'} KEY-----"])


def token() -> str:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": some(12)}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{some(43)}"


# No key stands here in one piece, so no scanner takes this file for one that holds keys.
PLANTED: dict[str, Callable[[], str]] = {
    "an AWS access key": lambda: "AK" + "IA" + some(16, BASE32),
    "an AWS secret key": lambda: "aws_secret_" + "access_key = " + some(40),
    "a GitHub token": lambda: "gh" + "p_" + some(36),
    "a GitHub fine-grained token": lambda: "github" + "_pat_" + some(22) + "_" + some(59),
    "a GitLab token": lambda: "gl" + "pat-" + some(20),
    "an Anthropic key": lambda: "sk-" + "ant-api03-" + some(90),
    "an OpenAI key": lambda: "sk-" + "proj-" + some(100),
    "an OpenRouter key": lambda: "sk-" + "or-v1-" + some(64, HEX),
    "a Google API key": lambda: "AI" + "za" + some(35),
    "a Google OAuth secret": lambda: "GOC" + "SPX-" + some(28),
    "a Google service account key": lambda: '"private_key' + '_id": "' + some(40, HEX) + '"',
    "a private key": pem,
    "an Azure storage key": lambda: "Account" + "Key=" + some(86) + "==",
    "an Azure shared access key": lambda: "SharedAccess" + "Key=" + some(43) + "=",
    "an Azure client secret": lambda: some(3) + "8Q" + "~" + some(34),
    "a Slack token": lambda: "xo" + "xb-" + some(12, DIGITS) + "-" + some(12, DIGITS) + "-" + some(24),
    "a Slack webhook": lambda: "https://hooks." + f"slack.com/services/T{some(9)}/B{some(9)}/{some(24)}",
    "a Discord webhook": lambda: "https://discord" + f".com/api/webhooks/{some(18, DIGITS)}/{some(68)}",
    "a Discord token": lambda: "M" + some(25) + "." + some(6) + "." + some(38),
    "a Telegram token": lambda: some(10, DIGITS) + ":A" + "A" + some(33),
    "a Stripe key": lambda: "sk_" + "live_" + some(24),
    "a SendGrid key": lambda: "S" + "G." + some(22) + "." + some(43),
    "a Twilio key": lambda: "S" + "K" + some(32, HEX),
    "a Mailchimp key": lambda: some(32, HEX) + "-us" + "14",
    "a Shopify token": lambda: "shp" + "at_" + some(32, HEX),
    "an npm token": lambda: "np" + "m_" + some(36),
    "a PyPI token": lambda: "py" + "pi-AgEIcHlwaS5vcmc" + some(60),
    "a Hugging Face token": lambda: "h" + "f_" + some(34, LETTERS),
    "a Databricks token": lambda: "da" + "pi" + some(32, HEX),
    "a DigitalOcean token": lambda: "do" + "p_v1_" + some(64, HEX),
    "a Groq key": lambda: "gs" + "k_" + some(52),
    "a Vault token": lambda: "hv" + "s." + some(24),
    "a Terraform Cloud token": lambda: some(14) + ".atlas" + "v1." + some(64),
    "a Grafana token": lambda: "gl" + "sa_" + some(32) + "_" + some(8, HEX),
    "a JSON Web Token": token,
    "a Langfuse key": lambda: "sk-" + "lf-" + str(uuid.UUID(int=RANDOM.getrandbits(128), version=4)),
    "a Google access token": lambda: "ya" + "29." + some(60),
    "an age key": lambda: "AGE-" + "SECRET-KEY-1" + some(58, BECH32),
    "an Azure shared access signature": lambda: "https://a.blob/c?se=1&" + "sig=" + some(43) + "%3D",
    "a Square key": lambda: "sq0" + "atp-" + some(22),
    "an xAI key": lambda: "xa" + "i-" + some(80),
    "a Replicate token": lambda: "r" + "8_" + some(37),
    "a Perplexity key": lambda: "pp" + "lx-" + some(48),
    "a Pinecone key": lambda: "pc" + "sk_" + some(6) + "_" + some(63),
    "a LangSmith key": lambda: "lsv" + "2_pt_" + some(32, HEX) + "_" + some(10, HEX),
    "an Atlassian token": lambda: "ATA" + "TT3" + some(100),
    "a Linear key": lambda: "lin" + "_api_" + some(40),
    "a Notion token": lambda: "nt" + "n_" + some(46),
    "a Postman key": lambda: "PM" + "AK-" + some(24, HEX) + "-" + some(34, HEX),
    "a New Relic key": lambda: "NR" + "AK-" + some(27, LOWER.upper() + DIGITS),
    "a Sentry token": lambda: "sn" + "trys_" + some(60),
    "an Artifactory key": lambda: "AK" + "Cp" + some(69),
    "an NVIDIA key": lambda: "nva" + "pi-" + some(64),
    "a Tavily key": lambda: "tv" + "ly-" + some(32),
    "a Doppler token": lambda: "dp" + ".pt." + some(43),
    "a Figma token": lambda: "fi" + "gd_" + some(43),
    "a Supabase token": lambda: "sb" + "p_" + some(40, HEX),
    "a PlanetScale token": lambda: "psc" + "ale_tkn_" + some(43),
    "an Airtable token": lambda: "pa" + "t" + some(14) + "." + some(64, HEX),
    "a password in a URL": lambda: "postgres://app" + ":" + some(16) + "@db.internal:5432/app",
}
OTHER_FORMS: dict[str, Callable[[], str]] = {
    "a Slack token": lambda: f"xa{'pp'}-1-A{some(10, DIGITS)}-{some(13, DIGITS)}-{some(64, HEX)}",
    "an OpenAI key": lambda: "sk" + "-" + some(48),
    "a Stripe key": lambda: "wh" + "sec_" + some(32),
    "a Square key": lambda: "sq0" + "csp-" + some(43),
    "an npm token": lambda: "//registry/:_auth" + "Token=" + some(36),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_key_is_found_wherever_it_stands_and_never_printed(kind: str) -> None:
    key = PLANTED[kind]()
    files = {
        "prompts/answer.md": f"# system:\nUse it: {key}\n",
        "rag_configs/support.yaml": f"description: '{key}'\nindex: 7\n".replace("\n-", "\n  -"),
        "datasets/golden.jsonl": json.dumps({"id": "c1", "vars": {"q": f"line\n{key}\tend"}}) + "\n",
        "promptctl.yaml": f"# {key}\nenvironments: [{{name: dev}}]\n",
    }
    found = registry(files).findings
    assert {each.path for each in found if each.code == "PC080"} == set(files)
    assert {each.message for each in found if each.code == "PC080"} == {f"this looks like {kind}"}
    printed = findings_text(found)
    assert not any(key[at : at + 12] in printed for at in range(len(key) - 12))


def test_every_kind_of_key_is_planted() -> None:
    assert set(PLANTED) == set(secrets._KINDS)


@pytest.mark.parametrize("kind", OTHER_FORMS)
def test_keys_of_one_name_may_have_other_forms(kind: str) -> None:
    assert [each for each, _ in secrets.find(OTHER_FORMS[kind]().encode())] == [kind]


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\u2028", "\\u00e9", "%22"])
def test_an_escape_before_a_key_hides_nothing(escape: str) -> None:
    key = PLANTED["a GitHub token"]()
    assert list(secrets.find(f'{{"q": "{escape}{key}"}}'.encode())) == [("a GitHub token", 7 + len(escape))]


def test_no_other_finding_quotes_what_a_file_with_a_key_says() -> None:
    key = PLANTED["a GitHub token"]()
    found = registry({"rag_configs/support.yaml": f"index: help\nretrieval: {{top_k: {key}}}\n"}).findings
    assert [each.code for each in found] == ["PC080"]


def test_digests_ids_and_encoded_text_are_no_keys() -> None:
    innocent = []
    for number in range(2_000):
        content = f"{number}".encode()
        innocent += [
            f"sha256:{hashlib.sha256(content).hexdigest()}",
            f"commit {hashlib.sha1(content, usedforsecurity=False).hexdigest()}",
            f"md5 {hashlib.md5(content, usedforsecurity=False).hexdigest()}",
            str(uuid.UUID(int=RANDOM.getrandbits(128), version=4)),
            base64.b64encode(RANDOM.randbytes(60)).decode(),
            base64.b64encode(f"The text number {number}, as an attachment".encode()).decode(),
        ]
    assert [each for each in innocent if list(secrets.find(each.encode()))] == []
    assert list(secrets.find("\n".join(innocent).encode())) == []


@pytest.mark.parametrize(
    "sample",
    [
        "sk-...",
        "sk-" + "x" * 48,
        "sk-" + "ant-api03-your-key-goes-here-" + "a" * 20,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "<your token>",
        "ghp_" + "1234567890abcdefghijklmnopqrstuvwxyz",
        "ghp_" + "a" * 36,
        "OPENAI_API_KEY=<your key>",
        "postgres://user:password@localhost/db",
        "postgres://user:$PASSWORD@localhost/db",
        "postgres://app:change-me-soon@localhost/db",
        "postgres://app:abab@localhost/db",
        "postgres://postgres:postgres@localhost/db",
        "redis://:password123@localhost",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.c2lnbmF0dXJl",
        "https://{{ user }}:{{ password }}@example.com",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        f"-----BEGIN {'PRIVATE'} KEY-----\n...\n-----END {'PRIVATE'} KEY-----",
        f"-----BEGIN {'PRIVATE'} KEY-----\\n{'A' * 64}\\n-----END {'PRIVATE'} KEY-----",
        "a task-list of risk-averse, desk-bound people",
        "aws secret key rotation: commit " + hashlib.sha1(b"x", usedforsecurity=False).hexdigest(),
    ],
)
def test_samples_are_no_keys(sample: str) -> None:
    assert list(secrets.find(f"Write {sample} here.\n".encode())) == []


def test_the_place_is_that_of_the_key_and_not_of_what_stands_before() -> None:
    key = PLANTED["a GitHub token"]()
    (problem,) = secrets.RULE.find("x", f"über\n  é {key}\n".encode())
    assert problem.place == (2, 5)


def test_one_mebibyte_of_anything_is_searched_in_time_that_grows_with_it() -> None:
    def seconds(content: bytes) -> float:
        start = time.process_time()
        list(secrets.find(content))
        return time.process_time() - start

    for piece in (b"eyJaaaaaaaaaaaaa.", b"sk-ant-a1-", b"SK" + b"0123456789abcdef" * 2 + b" ", b"a://b:"):
        assert seconds(piece * (2**20 // len(piece))) < 40 * max(
            seconds(piece * (2**16 // len(piece))), 0.002
        )


@pytest.fixture(scope="module")
def oracles() -> list[BasePlugin]:
    """The detectors of detect-secrets that know formats; the others judge by entropy and words."""
    guessing = {"Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "IPPublicDetector"}
    known = get_mapping_from_secret_type_to_class().values()
    return [each() for each in known if each.__name__ not in guessing]


def flagged(oracles: list[BasePlugin], text: str) -> set[str]:
    """Return the types of secrets that detect-secrets knows in a text."""
    return {
        secret.type
        for number, line in enumerate(text.splitlines(), start=1)
        for each in oracles
        for secret in each.analyze_line("file", line, number)
    }


def test_the_planted_keys_look_real_to_another_tool(oracles: list[BasePlugin]) -> None:
    assert sum(bool(flagged(oracles, f'key = "{make()}"')) for make in PLANTED.values()) >= 15


def test_prompts_that_people_wrote_hold_no_keys_for_either_tool(oracles: list[BasePlugin]) -> None:
    bodies = {row.name: row.body for row in corpus.rows()}
    ours = {name for name, body in bodies.items() if list(secrets.find(body.encode()))}
    theirs = {name for name, body in bodies.items() if flagged(oracles, body)}
    assert (ours, theirs) == (set(), set())
