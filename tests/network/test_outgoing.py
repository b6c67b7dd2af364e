"""What the window and its server connect to, as the interpreter itself sees it: nothing while they are offline, and
nothing that is not in a ledger while they are not.
"""

import asyncio
import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.network.addresses import is_loopback_host
from studiolo.network.ledger import ConnectionLedger
from studiolo.paths import app_paths
from tests.stands.raw_http import raw_server, response

_HOOK = """
import json, os, sys

def _heard(event, arguments):
    if event == "socket.getaddrinfo":
        told = [arguments[0], arguments[1]]
    elif event in ("socket.connect", "socket.bind") and isinstance(arguments[1], tuple):
        told = list(arguments[1][:2])
    else:
        return
    told = [one.decode() if isinstance(one, bytes) else one for one in told]
    line = json.dumps([event, *told, " ".join(sys.argv)[-200:]]) + "\\n"
    descriptor = os.open(os.environ["HEARD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)

sys.addaudithook(_heard)
"""


def own_address() -> str | None:
    """An address of this machine that is no loopback; None where it has none."""
    found = (
        one.address for entries in psutil.net_if_addrs().values() for one in entries if one.family.name == "AF_INET"
    )
    return next((address for address in found if not ipaddress.ip_address(address).is_loopback), None)


async def walk(folder: Path) -> list[list[Any]]:
    """What was connected to or looked up, that does not stay on this machine."""
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(_HOOK)
    heard = folder / "heard.jsonl"
    root = Path(__file__).parents[2]
    environment = os.environ | {
        "HEARD": str(heard),
        "PYTHONPATH": os.pathsep.join(map(str, (folder / "hook", root / "app", root))),
        "NO_PROXY": "",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.stands.window_walk", cwd=root, env=environment, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(90):
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    lines = [json.loads(line) for line in heard.read_text().splitlines()]
    assert any(line[0] == "socket.bind" and "server" in line[3] for line in lines), "the server is heard as well"
    return [line for line in lines if line[0] != "socket.bind" and line[1] and not is_loopback_host(line[1])]


@pytest.mark.e2e
@pytest.mark.parametrize("offline", [True, False])
async def test_every_connection_is_in_a_ledger_and_offline_there_is_none(tmp_path: Path, offline: bool) -> None:
    paths = app_paths()
    paths.config.mkdir(parents=True)
    if offline:
        (paths.config / "desktop.json").write_text('{"offline": true}')
    address = own_address()
    async with raw_server(*[response(b'{"error": "no"}', status=404)] * 20, host=address or "127.0.0.1") as added:
        servers = {"servers": [{"address": added.address, "name": "Shed"}], "selected": ""}
        (paths.config / "servers.json").write_text(json.dumps(servers))
        heard = await walk(tmp_path)
    elsewhere = {line[1] for line in heard} - {address}
    ledgers = [ConnectionLedger(paths.data / f"{name}_connections.jsonl").entries() for name in ("desktop", "server")]
    opened = {entry.host for ledger in ledgers for entry in ledger if entry.result != "blocked"}
    if address:
        assert address in {line[1] for line in heard}
        assert address in opened
    if offline:
        assert elsewhere == set()
        assert opened <= {address}
        blocked = {entry.purpose for ledger in ledgers for entry in ledger if entry.result == "blocked"}
        assert blocked >= {"hub", "catalog", "mcp"}
    else:
        assert {"huggingface.co", "catalog.invalid", "tools.invalid"} <= elsewhere
        assert {host for host in elsewhere if not _is_ip(host)} <= opened
        assert {entry.purpose for ledger in ledgers for entry in ledger} >= {"hub", "catalog", "mcp", "test"}


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
