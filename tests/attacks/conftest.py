"""An authority under a clock to turn, for the attacks on identities."""

import pytest
from support.identities import TurnableClock, new_authority


@pytest.fixture
def clock():
    return TurnableClock()


@pytest.fixture
def authority(clock):
    return new_authority(clock)
