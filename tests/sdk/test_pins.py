"""Exact versions: by tag, checked against it, cached for ever."""

from __future__ import annotations

import shutil

import pytest
from helpers.environments import ADDRESS, NAME, bundle_of, digest, prompt_body

import promptctl
from promptctl.errors import IntegrityError

FIRST, SECOND = (bundle_of(prompt_body(text)) for text in ("first", "second"))


@pytest.fixture
def released(remote):
    remote.release("1.0.0", FIRST)
    remote.release("1.1.0", SECOND)
    return remote


def test_pins_serve_exactly_these_versions(released, connect):
    registry = connect(pins={NAME: "1.0.0"})
    prompt = registry.prompt(NAME)
    assert (prompt.version, prompt.environment, prompt.digest) == ("1.0.0", "", digest(FIRST))
    assert prompt.render(question="?").messages[0]["content"] == "first"
    assert registry.status.serving == {ADDRESS: "1.0.0"}


def test_pins_start_without_the_source_once_they_were_fetched(released, connect):
    connect(pins={NAME: "1.0.0"}).close()
    shutil.rmtree(released.path)
    assert connect(pins={ADDRESS: "1.0.0"}).prompt(NAME).version == "1.0.0"
    with pytest.raises(promptctl.Unavailable):
        connect(pins={NAME: "1.1.0"})


def test_a_pin_comes_before_what_serves_the_environment(released, connect):
    released.serve_text("1.1.0", "second")
    registry = connect(environment="prod", pins={NAME: "1.0.0"})
    assert registry.prompt(NAME).version == "1.0.0"
    registry.refresh()
    assert registry.prompt(NAME).version == "1.0.0"
    assert registry.status.serving == {ADDRESS: "1.0.0"}


def test_fetch_gives_any_release_later(released, connect):
    registry = connect(pins={})
    assert registry.fetch(NAME, version="1.1.0").version == "1.1.0"
    shutil.rmtree(released.path)
    assert registry.fetch(NAME, version="1.1.0").version == "1.1.0"
    with pytest.raises(promptctl.Unavailable):
        registry.fetch(NAME, version="1.0.0")


def test_a_pin_may_come_from_what_is_bundled(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "baked")
    for path in ("lock.json", f"releases/{ADDRESS}/bundle.json"):
        target = tmp_path / "baked" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(remote.repository.git("show", f"env/prod:{path}"))
    registry = connect("file:///nowhere.git", pins={NAME: "1.0.0"}, bundled=tmp_path / "baked")
    assert registry.prompt(NAME).render(question="?").messages[0]["content"] == "baked"
    with pytest.raises(promptctl.Unavailable):
        connect("file:///nowhere.git", pins={NAME: "1.1.0"}, bundled=tmp_path / "baked")


def test_a_release_that_does_not_exist_is_refused_by_name(released, connect):
    with pytest.raises(promptctl.UsageError, match=r"no release prompts/support-answer/v7\.0\.0"):
        connect(pins={NAME: "7.0.0"})


def test_a_tag_that_names_another_digest_is_refused(remote, connect):
    remote.release("1.0.0", FIRST, trailer=digest(SECOND))
    with pytest.raises(IntegrityError, match="does not name the digest"):
        connect(pins={NAME: "1.0.0"})


@pytest.mark.parametrize(
    "notes",
    [
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----",
    ],
)
def test_notes_may_hold_what_looks_like_a_signature(remote, connect, notes):
    remote.release("1.0.0", FIRST, trailer=f"sha256:none\n\n{notes}\n\nDigest: {digest(FIRST)}")
    assert connect(pins={NAME: "1.0.0"}).prompt(NAME).version == "1.0.0"


def test_a_release_json_of_another_bundle_is_refused(remote, connect):
    remote.release("1.0.0", FIRST, digest=digest(SECOND))
    with pytest.raises(IntegrityError, match=r"release\.json"):
        connect(pins={NAME: "1.0.0"})


def test_a_tag_put_under_another_name_is_refused(released, connect):
    git = released.repository.git
    git("update-ref", f"refs/tags/{ADDRESS}/v2.0.0", git("rev-parse", f"refs/tags/{ADDRESS}/v1.0.0"))
    with pytest.raises(IntegrityError, match="another name"):
        connect(pins={NAME: "2.0.0"})


def test_a_tag_that_is_no_annotated_one_is_refused(released, connect):
    released.repository.git("tag", f"{ADDRESS}/v3.0.0", f"{ADDRESS}/v1.0.0^{{commit}}")
    with pytest.raises(IntegrityError, match="no annotated tag"):
        connect(pins={NAME: "3.0.0"})


def test_a_harmed_release_in_the_cache_is_fetched_again(released, connect, tmp_path):
    connect(pins={NAME: "1.0.0"}).close()
    (path,) = (tmp_path / "cache").rglob("v1.0.0.cache")
    path.write_bytes(path.read_bytes().replace(b"first", b"worse"))
    assert connect(pins={NAME: "1.0.0"}).prompt(NAME).render(question="?").messages[0]["content"] == "first"
