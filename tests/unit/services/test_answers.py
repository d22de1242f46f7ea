from __future__ import annotations

from typing import Any

import pytest

from promptctl.errors import Unavailable
from promptctl.services.quickstart.answers import serve


def test_what_keeps_the_provider_from_starting_is_raised_where_it_is_served() -> None:
    def no_model() -> Any:
        raise Unavailable("the local model is not installed", hint="pip install it")

    with pytest.raises(Unavailable, match="the local model is not installed"), serve(no_model):
        pass
