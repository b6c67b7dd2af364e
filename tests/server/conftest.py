"""A server for a test, and the client of it."""

from collections.abc import AsyncIterator

import pytest

from studiolo.client.client import Client
from tests.stands.serving import RunningServer, serving


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with serving() as running:
        yield running


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    async with Client(server.address) as client:
        yield client
