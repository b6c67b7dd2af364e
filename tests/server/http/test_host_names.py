"""The names by which programs reach a server: from containers, virtual machines, and over HTTP/1.0."""

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import HOME_VARIABLE
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))
        async with serving(allowed_hosts=["box.example.org", "*.ts.net", "Upper.Example.Org:1234"]) as running:
            await asked_as(running, "localhost")  # What goes on beside the requests has begun by then.
            yield running


async def asked_as(server: RunningServer, host: str) -> httpx.Response:
    async with http_client(server.address) as http:
        return await http.get("/api/v1/models", headers={"Host": host})


@pytest.mark.parametrize(
    "host",
    [
        "host.docker.internal:1234",
        "gateway.docker.internal",
        "host.containers.internal",
        "host.lima.internal",
        "HOST.DOCKER.INTERNAL.",
        "localhost.",
        "localhost.:1234",
        "localhost.localdomain",
        "app.localhost",
        "printer.local",
        "box.home.arpa",
        socket.gethostname(),
        f"{socket.gethostname()}.local",
        "127.0.0.1",
        "172.17.0.1:1234",
        "[::1]:1234",
        "box.example.org",
        "upper.example.org",
        "laptop.tail1234.ts.net:1234",
    ],
)
async def test_a_name_that_no_stranger_can_point_here_is_let_in(server: RunningServer, host: str) -> None:
    assert (await asked_as(server, host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "host.docker.internal.evil.example",
        "internal",
        "evilinternal",
        "ts.net",
        "evil-ts.net",
        "other.example.org",
        "127.0.0.1.evil.example",
        "[",
        "@localhost@evil.example",
    ],
)
async def test_another_name_is_refused_and_told_which_setting_lets_it_in(server: RunningServer, host: str) -> None:
    answer = await asked_as(server, host)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "host_not_allowed")
    assert "allowed_hosts" in error["message"]
    assert "*.ts.net" in error["message"]


async def test_a_request_of_http_1_0_needs_no_name(server: RunningServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.address).port)
    writer.write(b"GET /lmstudio-greeting HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 200 " in answer.split(b"\r\n")[0]
