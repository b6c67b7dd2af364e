"""The OpenAPI document, fuzzed: no mistake of the server's, and no status that the document does not name."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
PHASES, EXAMPLES = ("coverage,fuzzing", 60) if FULL else ("fuzzing", 5)
ENDLESS = ("/api/v1/server/log/stream", "/api/v1/models/download/events")


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_no_request_finds_a_mistake(stand: StandHub, tmp_path: Path) -> None:
    tiny = write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    stand.add("tiny/tiny", {"other-Q4_K_M.gguf": tiny.read_bytes()})
    async with serving(hub_endpoint=stand.endpoint) as server, http_client(server.address, timeout=120) as http:
        # Made here, the first time that it is asked for: schemathesis waits no more than ten seconds.
        assert (await http.get("/openapi.json")).is_success
        out, status = await fuzz(server.address, tmp_path)
    tested = re.search(r"Tested: (\d+)", out)
    print(*re.findall(r"\d+ generated.*", out))
    assert status == 0, out
    assert tested
    assert int(tested[1]) > 35


async def fuzz(address: str, folder: Path) -> tuple[str, int | None]:
    """What schemathesis prints, and its exit status."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
        *("-H", f"Authorization: Bearer {LOCAL_KEY}", *(word for path in ENDLESS for word in ("--exclude-path", path))),
        *("--checks", "not_a_server_error,status_code_conformance", "--phases", PHASES),
        *("--max-examples", str(EXAMPLES), "--request-timeout", "60", "--no-color"),
        # How fast examples are found is no matter of the server's.
        *("--suppress-health-check", "all"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(Path(__file__).parent)},
    )
    out, _ = await process.communicate()
    return out.decode(), process.returncode
