"""How many requests an instance answers at a time may be said when it is loaded."""

import httpx
import pytest

from tests.stands.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_number_of_requests_at_a_time_is_obeyed(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    body = {"model": tiny, "parallel": 2, "echo_load_config": True}
    answer = await http.post("/api/v1/models/load", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["load_config"]["parallel"] == 2
    [instance] = own_server.pool.instances
    assert len(await instance.engine.slots()) == 2  # type: ignore[attr-defined]


@pytest.mark.usefixtures("own_server")
async def test_a_number_that_can_t_be_had_is_refused_by_name(http: httpx.AsyncClient, tiny: str) -> None:
    for route in ("/api/v1/models/load", "/api/v1/models/estimate"):
        for parallel in (0, 65, "many"):
            answer = await http.post(route, json={"model": tiny, "parallel": parallel})
            assert (answer.status_code, answer.json()["error"]["param"]) == (400, "parallel")
        cramped = await http.post(route, json={"model": tiny, "parallel": 64, "context_length": 256})
        assert (cramped.status_code, cramped.json()["error"]["param"]) == (400, "context_length")
        assert "2048 tokens" in cramped.json()["error"]["message"]
