"""A key in a commit is public to everybody who may read the repository, for ever.

Known formats of keys are looked for in the bytes of every file, in one pass whose time grows with the file
alone. What is found is never printed, and a file that holds a key is read no further, so no other finding
quotes it either. There is no comment that allows one: it would stand in the pull request that brings the
key. Examples are written so that nobody takes them for keys: `sk-...`, `<your key>`, AWS's own
`AKIAIOSFODNN7EXAMPLE`; what says so, or hardly varies, is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import re2

from promptctl.checks.rule import FileRule, Problem, place_of

_IN_URL = "a password in a URL"
_KINDS = {
    "an AWS access key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?:[^0-9A-Za-z]|\z)",
    "an AWS secret key": (
        r"(?i:aws|secret)[^\n]{0,20}(?i:key|token)[^\n]{0,20}[\"' :=][0-"
        r"9A-Za-z/+]{40}(?:[^0-9A-Za-z]|\z)"
    ),
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,80}",
    "a GitHub fine-grained token": r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "a GitLab token": r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-[A-Za-z0-9_-]{20,100}",
    "an Anthropic key": r"sk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{20,80}",
    "an OpenRouter key": r"sk-or-v1-[0-9a-f]{64}",
    "a Langfuse key": r"sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "an OpenAI key": (
        r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,80}|sk-[A-Za-z0-9]{"
        r"32,64}(?:[^0-9A-Za-z]|\z)"
    ),
    "a Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "a Google OAuth secret": r"GOCSPX-[0-9A-Za-z_-]{28}",
    "a Google access token": r"ya29\.[0-9A-Za-z_-]{30,80}",
    "a Google service account key": r'private_key_id\\?"\s{0,5}:\s{0,5}\\?"[0-9a-f]{40}',
    "a private key": (
        r"-----BEGIN (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\\nrt\"',]{1,40}"
        r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash)[:][^\n]{0,100})?){0,5}[A-Za-z0-9+/]{24,100}"
    ),
    "an age key": r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{86}==",
    "an Azure shared access key": r"SharedAccessKey=[A-Za-z0-9+/]{43}=",
    "an Azure shared access signature": r"sig=[A-Za-z0-9%+/]{43,100}%3[Dd]",
    "an Azure client secret": r"[A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    "a Slack token": (
        r"xox[abeoprs]-(?:[0-9]{1,20}-){1,4}[A-Za-z0-9]{10,100}"
        r"|xapp-[0-9]-[A-Z0-9]{8,12}-[0-9]{8,20}-[0-9a-f]{40,80}"
    ),
    "a Slack webhook": (
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/T[A-"
        r"Za-z0-9_]{6,12}/[A-Za-z0-9_]{6,20}/[A-Za-z0-9_/]{16,60}"
    ),
    "a Discord webhook": r"https://discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
    "a Discord token": r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
    "a Telegram token": r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
    "a Stripe key": r"(?:sk|rk)_live_[0-9A-Za-z]{16,80}|whsec_[0-9A-Za-z]{32,64}",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "a Twilio key": r"SK[0-9a-f]{32}(?:[^0-9A-Za-z]|\z)",
    "a Mailchimp key": r"[0-9a-f]{32}-us[0-9]{1,2}(?:[^0-9A-Za-z]|\z)",
    "a Square key": r"sq0(?:atp-[0-9A-Za-z_-]{22}|csp-[0-9A-Za-z_-]{43})",
    "a Shopify token": r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "an npm token": r"npm_[A-Za-z0-9]{36}|:_authToken=[A-Za-z0-9-]{36}",
    "a PyPI token": r"pypi-AgE[A-Za-z0-9_-]{50,80}",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{34,40}(?:[^0-9A-Za-z]|\z)",
    "a Databricks token": r"dapi[0-9a-f]{32}(?:[^0-9A-Za-z]|\z)",
    "a DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "a Groq key": r"gsk_[A-Za-z0-9]{52}",
    "an xAI key": r"xai-[A-Za-z0-9]{80}",
    "a Replicate token": r"r8_[A-Za-z0-9]{37}",
    "a Perplexity key": r"pplx-[A-Za-z0-9]{40,64}",
    "a Pinecone key": r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}",
    "a LangSmith key": r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
    "a Vault token": r"hv[sb]\.[A-Za-z0-9_-]{24,80}",
    "a Terraform Cloud token": r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}",
    "an Atlassian token": r"ATATT3[A-Za-z0-9_=-]{100}",
    "a Linear key": r"lin_api_[A-Za-z0-9]{40}",
    "a Notion token": r"ntn_[A-Za-z0-9]{43,50}",
    "a Postman key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "a Grafana token": r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    "a New Relic key": r"NRAK-[A-Z0-9]{27}",
    "a Sentry token": r"sntry[su]_[A-Za-z0-9+/=_-]{40,80}",
    "an Artifactory key": r"AKCp[A-Za-z0-9]{60,80}",
    "an NVIDIA key": r"nvapi-[A-Za-z0-9_-]{60,70}",
    "a Tavily key": r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}",
    "a Doppler token": r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{40,80}",
    "a Figma token": r"figd_[A-Za-z0-9_-]{40,60}",
    "a Supabase token": r"sbp_[0-9a-f]{40}(?:[^0-9A-Za-z]|\z)",
    "a PlanetScale token": r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_-]{32,64}",
    "an Airtable token": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "a JSON Web Token": r"eyJ[A-Za-z0-9_-]{10,80}\.eyJ[A-Za-z0-9_-]{10,60}",
    _IN_URL: (
        r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@\"'<>{}$()\[\]]{0,64}:[^"
        r"\s/:@\"'<>{}$()\[\]]{3,128}@[A-Za-z0-9.-]{1,100}"
    ),
}
"""What a key is called, and how it looks (RE2). Every repetition has an end, so time is linear."""

_NAMES = tuple(_KINDS)

_HINTS = (
    r"A[KSBC][IC]A|(?i:aws|secret)[^\n]{0,20}(?i:key|token)|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft)-"
    r"|gl(?:imt|soat|agent)-|sk-|AIza|GOCSPX-|ya29\.|private_key_id|PRIVATE KEY|AGE-SECRET"
    r"|A(?:ccount|ccess)Key="
    r"|sig=|[78]Q~|xox[a-z]-|xapp-|hooks\.slack|api/webhooks|\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}|:AA|_live_"
    r"|whsec_|SG\.|SK[0-9a-f]{8}|[0-9a-f]-us[0-9]|sq0|shp(?:at|ca|pa|ss)_|npm_|_authToken|pypi-|hf_|dapi|_v1_"
    r"|gsk_|xai-|r8_|pplx-|pcsk_|lsv2_|hv[sb]\.|atlasv1|ATATT3|lin_api|ntn_|PMAK|glsa_|NRAK|sntry|AKCp|eyJ"
    r"|nvapi-|tvly-|dp\.[a-z]{2}\.|figd_|sbp_|pscale_|pat[A-Za-z0-9]{14}\."
    r"|:[^\s/:@]{3,128}@"
)
"""Stands in every key: most files hold none of it, and are done."""

_BEGIN = r"(?:\A|[^0-9A-Za-z]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})"
_SAMPLES = re.compile(
    rb"example|xxxx|\.\.\.|\*\*\*|your|placeholder|dummy|redacted|change.?me|insert|replace|sample|fake"
    rb"|foobar|eyjzdwiioiixmjm0nty3odkw"  # the last is "sub": "1234567890", as in tutorials
)
_NO_PASSWORDS = re.compile(
    rb"(?:my|the|db|user)?[_-]?"
    rb"(?:secret|pass(?:word|wd)?|pwd?|token|user(?:name)?|root|admin|guest|test|postgres|mysql|mongo)+"
    rb"(?:1234?5?6?)?"
)
_SPLIT = re.compile(rb"[\s:=\"',]+")
_LEAST_LETTERS = 7
_LEAST_PASSWORD_LETTERS = 4


@cache
def _hints() -> Any:
    """Return what finds hints: as a set, which is quicker to call than a pattern."""
    hints = re2.Set.SearchSet()
    hints.Add(_HINTS.encode())
    hints.Compile()
    return hints


@cache
def _keys() -> Any:
    """Return what finds keys, with one group for each kind."""
    options = re2.Options()
    options.max_mem = 64 << 20  # with less, the automaton of all kinds is made again and again
    kinds = "|".join(f"({each})" for each in _KINDS.values())
    return re2.compile(f"{_BEGIN}(?:{kinds})".encode(), options)


def find(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield (what it is called, its offset) for everything in `content` that looks like a key and like no
    sample of one. One pass, in time linear in the length; the key itself is not given away.
    """
    if not _hints().Match(content):
        return
    for match in _keys().finditer(content):
        kind = _NAMES[match.lastindex - 1]
        start, end = match.span(match.lastindex)
        if not _is_sample(kind, content[start:end]):
            yield kind, start


def _is_sample(kind: str, found: bytes) -> bool:
    """Say whether it is written so that nobody takes it for a key."""
    if kind == _IN_URL:
        value = found.rpartition(b"@")[0].rpartition(b":")[2].lower()
        return len(set(value)) < _LEAST_PASSWORD_LETTERS or bool(
            _NO_PASSWORDS.fullmatch(value) or _SAMPLES.search(value)
        )
    value = max(_SPLIT.split(found.rpartition(b"KEY-----")[2]), key=len)
    rises = sum(right - left == 1 for left, right in pairwise(value))
    hardly_varies = len(set(value)) < _LEAST_LETTERS or rises > len(value) / 2
    is_digest = kind == "an AWS secret key" and not value.strip(b"0123456789abcdef")
    return hardly_varies or is_digest or bool(_SAMPLES.search(value.lower()))


def _find(path: str, content: bytes) -> Iterator[Problem]:
    for kind, offset in find(content):
        yield Problem(path, place_of(content, offset), f"this looks like {kind}")


RULE = FileRule(
    "PC080",
    "a file holds no keys, tokens or passwords",
    "take it out and revoke it: who can read the repository has it already; a sample is written <key>",
    find=_find,
    in_plain=True,
    stops=True,
    hides_source=True,
)
