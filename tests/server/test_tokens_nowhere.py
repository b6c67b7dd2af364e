"""Tokens and passwords are in no log, no crash report and no file of settings, whatever fails with them."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from studiolo.api.mcp import McpServerChange
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.hub import HubApi
from studiolo.client.mcp import McpClient
from studiolo.client.network import NetworkApi
from studiolo.client.server import ServerApi
from studiolo.errors import AppError
from studiolo.local_server import ServerState
from studiolo.paths import app_paths
from tests.stands.proxy import stand_proxy
from tests.stands.server_process import server_process

SECRETS = {
    "hub_token": "hf_tokenOfTheHubThatNobodySees",
    "download_peer_token": "sk-lm-abcdefgh:peersTokenThatNobody",
    "proxy_password": "passwordOfTheProxyThatNobodySees",
}
KEPT_IN = "server_secrets.json"


def leaks(folder: Path, secret: str) -> list[str]:
    return [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and file.name != KEPT_IN and secret.encode() in file.read_bytes()
    ]


@pytest.mark.e2e
async def test_secrets_are_in_one_private_file_and_nowhere_else(application_home: Path) -> None:
    with stand_proxy(refused=502) as proxy, contextlib.ExitStack() as stack:
        process, state = await asyncio.to_thread(lambda: stack.enter_context(server_process()))
        await use(state, proxy.address)
        # It dies as it may: what it says then is looked through as well.
        process.kill()
        said = await asyncio.to_thread(lambda: process.stderr.read() if process.stderr else b"")
    for secret in SECRETS.values():
        assert leaks(application_home, secret) == []
        assert secret.encode() not in said
    kept = app_paths().config / KEPT_IN
    assert kept.stat().st_mode & 0o077 == 0
    assert all(secret in kept.read_text() for secret in SECRETS.values())


async def use(state: ServerState, proxy: str) -> None:
    """Do all that is done with secrets, and fails."""
    async with Client(state.address, state.key) as client:
        server = ServerApi(client)
        await server.change_settings(
            {
                **SECRETS,
                "hub_endpoint": "http://hub.example",
                "download_peers": ["http://peer.example:1"],
                "copy_from_peers": True,
                "proxy_mode": "manual",
                "proxy_address": proxy,
                "proxy_user": "ada",
                "log_bodies": True,
            }
        )
        shown = (await server.settings()).model_dump_json()
        assert not any(secret in shown for secret in SECRETS.values())
        for failing in (
            HubApi(client).search("nothing that the catalog has"),
            HubApi(client).details("acme/Tiny-GGUF"),
            DownloadsApi(client).start("https://huggingface.co/acme/Tiny-GGUF"),
            McpClient(client).put("far", McpServerChange(entry={"url": "http://tools.example/mcp"})),
            McpClient(client).server("far"),
            server.change_settings({"hub_token": SECRETS["hub_token"] + "\n"}),
            server.change_settings({"proxy_address": f"http://ada:{SECRETS['proxy_password']}@proxy:1"}),
        ):
            with contextlib.suppress(AppError):
                await failing
        hops = [hop.model_dump_json() async for hop in NetworkApi(client).test()]
        told = "".join(hops) + "".join(one.model_dump_json() for one in await NetworkApi(client).connections())
        assert not any(secret in told for secret in SECRETS.values())
