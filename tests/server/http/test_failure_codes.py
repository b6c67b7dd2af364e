"""What fails on this side has a code that a program can tell it by."""

import pytest

from tests.stands.plain_http import http_client
from tests.stands.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_hub_that_can_t_be_reached_has_a_code() -> None:
    async with (
        serving(hub_endpoint="http://127.0.0.1:9") as running,
        http_client(running.address, timeout=60) as http,
    ):
        wanted = await http.post("/api/v1/models/download", json={"model": "https://huggingface.co/acme/m-GGUF"})
        described = await http.get("/api/v1/hub/models/acme/m-GGUF")
    for answer in (wanted, described):
        error = answer.json()["error"]
        assert (answer.status_code, error["type"], error["code"]) == (502, "internal_error", "hub_unreachable")
