from collections.abc import Iterator

import pytest

from tests.stands.authority import Authority, make_authority
from tests.stands.hub import StandHub
from tests.stands.proxy import StandProxy, stand_proxy

HUB = "http://hub.example"
REPO = "acme/Tiny-GGUF"
FILE = "Tiny-Q4_K_M.gguf"


@pytest.fixture
def proxy(stand: StandHub) -> Iterator[StandProxy]:
    """A proxy that knows hub.example, which is the stand-in hub."""
    port = int(stand.endpoint.rpartition(":")[2])
    with stand_proxy(names={"hub.example": ("127.0.0.1", port)}) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))
