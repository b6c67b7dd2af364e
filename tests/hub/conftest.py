from collections.abc import Iterator

import pytest

from tests.stands.hub import StandHub, stand_hub


@pytest.fixture
def stand() -> Iterator[StandHub]:
    with stand_hub() as hub:
        yield hub
