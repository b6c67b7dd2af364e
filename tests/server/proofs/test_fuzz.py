"""The OpenAPI document, fuzzed: no mistake of the server's, and no status that the document does not name."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.paths import app_paths
from tests.stands.serving import LOCAL_KEY
from tests.stands.tiny_model import write_tiny_llama

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
PHASES, EXAMPLES = ("coverage,fuzzing", 60) if FULL else ("fuzzing", 5)
ENDLESS = "/api/v1/server/log/stream"


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_no_request_finds_a_mistake(server, tmp_path):
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/openapi.json"),
        *("-H", f"Authorization: Bearer {LOCAL_KEY}", "--exclude-path", ENDLESS),
        *("--checks", "not_a_server_error,status_code_conformance", "--phases", PHASES),
        *("--max-examples", str(EXAMPLES), "--request-timeout", "60", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(Path(__file__).parent)},
    )
    out = (await process.communicate())[0].decode()
    tested = re.search(r"Tested: (\d+)", out)
    print(*re.findall(r"\d+ generated.*", out))
    assert process.returncode == 0, out
    assert tested
    assert int(tested[1]) > 20
