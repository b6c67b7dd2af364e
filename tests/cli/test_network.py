"""`studiolo network` against a real server."""

import json
from pathlib import Path

from tests.cli.conftest import Shell
from tests.stands.hub import StandHub
from tests.stands.proxy import stand_proxy
from tests.stands.served_thread import served_in_a_thread


def test_the_way_to_the_hub_is_told_step_by_step(stand: StandHub, tmp_path: Path) -> None:
    with served_in_a_thread(hub_endpoint=stand.endpoint) as server:
        done = Shell(tmp_path).run("network", "test", "--host", server.address)
    assert done.returncode == 0
    assert "passed  Connect to 127.0.0.1" in done.stdout
    assert "The hub can be reached." in done.stderr


def test_the_step_that_fails_is_named_and_the_ledger_has_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with stand_proxy(user="ada", password="x") as proxy:
        settings = {"proxy_mode": "manual", "proxy_address": proxy.address, "hub_endpoint": "https://hub.example"}
        with served_in_a_thread(**settings) as server:
            at = ("--host", server.address)
            failed = shell.run("network", "test", *at)
            assert failed.returncode == 1
            assert "failed  Ask the proxy" in failed.stdout
            assert "password" in failed.stdout
            (entry,) = json.loads(shell.run("network", "connections", "--json", *at).stdout)
            assert (entry["host"], entry["purpose"]) == ("hub.example", "test")
            assert "hub.example:443 via 127.0.0.1" in shell.run("network", "connections", *at).stdout
            assert shell.run("network", "connections", "--clear", *at).returncode == 0
            assert "nothing yet" in shell.run("network", "connections", *at).stderr
