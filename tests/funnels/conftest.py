"""The template that most pages are tried on."""

from __future__ import annotations

import pytest

from tests.funnels.made import Made
from tests.world import World


@pytest.fixture
def cold(world: World) -> Made:
    """Acme's cold e-mail, not published."""
    return Made(world.acme)
