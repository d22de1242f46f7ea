from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from promptctl.core.limits import LOAD, PREVIOUS_PINS
from promptctl.core.lock import Hold, Lock, Pin, parse
from promptctl.core.serving import parse as parse_serving
from promptctl.errors import IntegrityError, RefusedError

A = "prompts/a"


NOW = "2026-11-22T12:00:00Z"
OID = "0" * 40


def pin(version: str, digest_of: str = "", address: str = A) -> Pin:
    digest = f"sha256:{hashlib.sha256((digest_of or version).encode()).hexdigest()}"
    return Pin(version, digest, f"refs/tags/{address}/v{version}", OID, OID, OID, NOW, "ada@acme.example")


def served(*versions: str) -> Lock:
    lock = Lock("prod")
    for version in versions:
        lock = lock.promoted({A: pin(version)})
    return lock


def rolled_back(lock: Lock) -> Lock:
    target = lock.rollback_target(A)
    return lock.rolled_back(A, target, since=NOW, by="ada", reason="bad")


def test_a_promotion_puts_the_outgoing_pin_on_top_and_counts_one_up():
    lock = served("1.0.0", "1.1.0", "1.2.0")
    assert lock.sequence == 3
    assert lock.pins[A].version == "1.2.0"
    assert [each.version for each in lock.pins[A].previous] == ["1.1.0", "1.0.0"]
    assert all(each.previous == () for each in lock.pins[A].previous)


def test_only_the_newest_previous_pins_are_kept():
    lock = served(*(f"1.{minor}.0" for minor in range(PREVIOUS_PINS + 3)))
    assert len(lock.pins[A].previous) == PREVIOUS_PINS
    assert lock.pins[A].previous[0].version == f"1.{PREVIOUS_PINS + 1}.0"


def test_a_promotion_leaves_other_names_and_the_lock_before_alone():
    before = served("1.0.0")
    after = before.promoted({"prompts/b": pin("2.0.0")})
    assert (after.pins[A], set(before.pins)) == (before.pins[A], {A})


def test_what_serves_comes_before_what_served_newest_first():
    lock = served("1.0.0", "1.1.0")
    assert [each.version for each in lock.pins_of(A)] == ["1.1.0", "1.0.0"]
    assert lock.pins_of("prompts/b") == ()


def test_rolling_back_twice_goes_back_twice_never_forth_and_back():
    once = rolled_back(served("1.0.0", "1.1.0", "1.2.0"))
    assert (once.pins[A].version, once.sequence) == ("1.1.0", 4)
    assert [each.version for each in once.pins[A].previous] == ["1.0.0"]
    twice = rolled_back(once)
    assert (twice.pins[A].version, twice.pins[A].previous) == ("1.0.0", ())
    with pytest.raises(RefusedError, match="nothing to roll back to"):
        twice.rollback_target(A)


def test_a_rollback_holds_the_digest_that_it_removes_and_says_who_restored_the_other():
    lock = rolled_back(served("1.0.0", "1.1.0"))
    assert lock.holds == (Hold("digest", pin("1.1.0").digest, "bad", "ada", NOW),)
    assert (lock.pins[A].by, lock.pins[A].since) == ("ada", NOW)


def test_a_rollback_passes_over_what_is_held_and_refuses_it_by_name():
    lock = served("1.0.0", "1.1.0", "1.2.0").held(Hold("digest", pin("1.1.0").digest, "leaks", "ada", "then"))
    assert lock.rollback_target(A).version == "1.0.0"
    with pytest.raises(RefusedError, match=r"1\.1\.0 is held in prod: leaks"):
        lock.rollback_target(A, "1.1.0")


def test_what_a_rollback_took_out_is_held_says_who_wants_it_back():
    lock = rolled_back(served("1.0.0", "1.1.0"))
    with pytest.raises(RefusedError, match=r"prompts/a 1\.1\.0 is held in prod: bad") as refused:
        lock.rollback_target(A, "1.1.0", digest=pin("1.1.0").digest)
    assert refused.value.hint.startswith(
        "promptctl unhold a@1.1.0 --env prod --reason …, then promptctl promote"
    )
    with pytest.raises(RefusedError, match="no earlier version"):
        lock.rollback_target(A, "1.2.0", digest=pin("1.2.0").digest)


def test_a_rollback_to_a_version_drops_everything_newer():
    lock = served("1.0.0", "1.1.0", "1.2.0", "1.3.0")
    back = lock.rolled_back(A, lock.rollback_target(A, "1.1.0"), since=NOW, by="ada", reason="bad")
    assert [each.version for each in back.pins[A].previous] == ["1.0.0"]


def test_a_rollback_between_versions_of_one_digest_holds_nothing():
    same = pin("1.1.0", digest_of="1.0.0")
    assert rolled_back(served("1.0.0").promoted({A: same})).holds == ()


def test_what_does_not_serve_cannot_be_rolled_back():
    with pytest.raises(RefusedError, match="does not serve in prod"):
        served("1.0.0").rollback_target("prompts/b")


B = "prompts/b"


def restored(lock: Lock, earlier: Lock) -> Lock:
    return lock.restored(earlier, since="later", by="bob", reason="back")


def test_restoring_brings_back_what_served_unpins_what_did_not_and_holds_what_goes():
    earlier = served("1.0.0", "1.1.0")
    lock = earlier.promoted({A: pin("1.2.0"), B: pin("2.0.0")})
    back = restored(lock, earlier)
    assert (back.sequence, set(back.pins)) == (4, {A})
    assert [each.version for each in back.pins[A].previous] == ["1.0.0"]
    assert (back.pins[A].since, back.pins[A].by) == ("later", "bob")
    held = [pin("1.2.0").digest, pin("2.0.0").digest]
    assert back.holds == tuple(Hold("digest", each, "back", "bob", "later") for each in held)
    twice = restored(back, served("1.0.0"))
    assert (twice.pins[A].version, twice.pins[A].previous) == ("1.0.0", ())


def test_restoring_refuses_all_that_is_held_at_once_and_names_each():
    earlier = served("1.0.0").promoted({B: pin("2.0.0")})
    lock = earlier.promoted({A: pin("1.1.0"), B: pin("2.1.0")})
    for digest in (pin("1.0.0").digest, pin("2.0.0").digest):
        lock = lock.held(Hold("digest", digest, "leaks", "ada", "then"))
    with pytest.raises(RefusedError) as error:
        restored(lock, earlier)
    assert "prompts/a 1.0.0 is held: leaks\nprompts/b 2.0.0 is held: leaks" in error.value.message


def test_restoring_refuses_a_held_digest_under_another_address():
    lock = (
        served("1.0.0").promoted({A: pin("1.1.0")}).held(Hold("digest", pin("1.0.0").digest, "x", "y", "z"))
    )
    with pytest.raises(RefusedError, match=r"prompts/b 1\.0\.0 is held"):
        restored(lock, Lock("prod").promoted({B: pin("1.0.0")}))


def test_restoring_holds_no_digest_that_serves_on_under_another_address():
    same = pin("1.1.0", digest_of="1.0.0")
    lock = served("1.0.0").promoted({B: same})
    assert restored(lock, served("1.0.0")).holds == ()


def test_restoring_keeps_what_is_held_and_serves_as_it_is():
    lock = served("1.0.0").held(Hold("digest", pin("1.0.0").digest, "x", "y", "z"))
    assert restored(lock.promoted({B: pin("2.0.0")}), lock).pins == lock.pins


@pytest.mark.parametrize("number", [2, 100])
def test_a_repair_raises_the_number_alone(number):
    lock = served("1.0.0")
    assert lock.repaired(number) == replace(lock, sequence=number)


@pytest.mark.parametrize("number", [1, 0, -1])
def test_a_repair_never_lowers_the_number(number):
    with pytest.raises(RefusedError, match="is not higher"):
        served("1.0.0").repaired(number)


def test_a_lock_names_the_release_that_has_a_digest():
    lock = served("1.0.0", "1.1.0")
    assert lock.release_of(pin("1.0.0").digest) == (A, "1.0.0")
    assert lock.release_of(pin("9.0.0").digest) is None


@pytest.mark.parametrize(("scope", "value"), [("digest", "sha256:x"), ("name", A), ("environment", "prod")])
def test_a_hold_stops_a_digest_a_name_or_everything(scope, value):
    lock = served("1.0.0").held(Hold(scope, value, "why", "ada", "now"))
    assert lock.holds_on(A, "sha256:x") == lock.holds
    assert lock.holds_on("prompts/b", "sha256:y") == (lock.holds if scope == "environment" else ())
    with pytest.raises(RefusedError, match="already held"):
        lock.held(Hold(scope, value, "again", "ada", "now"))
    assert lock.released(scope, value).holds == ()
    with pytest.raises(RefusedError, match="is not held"):
        lock.released("name", "prompts/b")


def test_a_lock_reads_back_as_it_was_written():
    lock = rolled_back(served("1.0.0", "1.1.0", "1.2.0"))
    content = lock.to_bytes()
    assert parse(content, environment="prod") == lock
    assert content.endswith(b"}\n")
    plain = json.loads(content)
    assert list(plain) == sorted(plain)
    assert "previous" not in plain["pins"][A]["previous"][0]


HOLD = {"scope": "name", "value": A, "reason": "why", "by": "ada", "since": "now"}


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(served("1.0.0").to_bytes()), **fields}).encode()


def with_pin(**fields: object) -> bytes:
    plain = json.loads(served("1.0.0").to_bytes())
    plain["pins"][A].update(fields)
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        changed(schema="promptctl.lock/v2"),
        changed(environment="staging"),
        changed(sequence=0),
        changed(sequence=True),
        changed(sequence="1"),
        changed(extra=1),
        changed(pins=[]),
        changed(holds=[{"scope": "name"}]),
        with_pin(version=1),
        with_pin(extra="x"),
        with_pin(previous=None),
        with_pin(previous={}),
        changed(pins={"../etc": {}}),
        changed(holds=[{**HOLD, "by": 7}]),
        changed(holds=[{**HOLD, "scope": "galaxy"}]),
    ],
)
@pytest.mark.parametrize("read", [parse, parse_serving])
def test_what_is_not_exactly_a_lock_is_refused(read, content):
    with pytest.raises(IntegrityError, match=r"lock\.json of env/prod"):
        read(content, environment="prod")


@pytest.mark.parametrize(
    "previous", [[{"version": "1.0.0"}], [7], [json.loads(served("1.0.0").to_bytes())["pins"][A]]]
)
def test_an_earlier_pin_that_is_none_is_refused_but_hides_nothing_on_a_screen(previous):
    content = with_pin(previous=previous)
    with pytest.raises(IntegrityError, match=r"lock\.json of env/prod"):
        parse(content, environment="prod")
    serving = parse_serving(content, environment="prod")
    assert serving.pins[A].version == "1.0.0"
    assert serving.release_of("sha256:unknown") is None


@pytest.mark.parametrize("layout", [{"indent": 2}, {"indent": 2, "sort_keys": True}, {"indent": 1}, {}])
def test_a_screen_shows_the_same_however_a_lock_is_laid_out(layout):
    lock = served("1.0.0", "1.1.0", "1.2.0").promoted(
        {f"prompts/{each}": pin("1.0.0", digest_of="other", address=f"prompts/{each}") for each in "bcd"}
    )
    lock = lock.promoted({"prompts/c": pin("1.1.0", address="prompts/c")})
    content = json.dumps(json.loads(lock.to_bytes()), **layout).encode()
    serving = parse_serving(content, environment="prod")
    assert {address: each.version for address, each in serving.pins.items()} == {
        address: each.version for address, each in lock.pins.items()
    }
    assert serving.release_of(pin("1.0.0").digest) == (A, "1.0.0")


def test_a_bracket_in_an_earlier_pin_hides_nothing():
    plain = json.loads(served("1.0.0", "1.1.0").to_bytes())
    plain["pins"][A]["previous"][0]["by"] = []
    content = json.dumps(plain, indent=2, sort_keys=True).replace('"by": []', '"by": [\n      ]').encode()
    assert parse_serving(content, environment="prod").pins[A].version == "1.1.0"
    plain["pins"][A]["version"] = "9"
    content = json.dumps(plain, indent=2, sort_keys=True).replace('"by": []', '"by": [\n      ]').encode()
    with pytest.raises(IntegrityError):
        parse_serving(content, environment="prod")


def test_what_a_screen_shows_is_what_the_lock_says():
    lock = rolled_back(served("1.0.0", "1.1.0", "1.2.0"))
    serving = parse_serving(lock.to_bytes(), environment="prod")
    assert (serving.environment, serving.sequence, serving.holds) == ("prod", lock.sequence, lock.holds)
    serves, shown = lock.pins[A], serving.pins[A]
    assert (shown.version, shown.digest, shown.since, shown.by) == (
        "1.1.0",
        serves.digest,
        serves.since,
        serves.by,
    )
    assert serving.release_of(pin("1.0.0").digest) == (A, "1.0.0")  # an earlier one
    assert serving.release_of("sha256:1.2.0") is None


@pytest.mark.parametrize("read", [parse, parse_serving])
def test_a_lock_is_read_up_to_its_own_limit(read):
    content = served("1.0.0").to_bytes().ljust(LOAD.lock_size_bytes)
    assert read(content, environment="prod").pins[A].version == "1.0.0"
    with pytest.raises(IntegrityError, match="at most 67,108,864 are read"):
        read(content + b" ", environment="prod")
