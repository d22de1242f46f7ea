from __future__ import annotations

import gc

import pytest

from promptctl.services.uncollected import uncollected


@pytest.mark.parametrize("is_enabled", [True, False])
def test_garbage_is_collected_again_as_it_was_before(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
