"""A server of ours behind another one: the big machine's models from the laptop's port."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import app_paths
from tests.stands.homes import use_home
from tests.stands.minilm import write_minilm
from tests.stands.plain_http import http_client
from tests.stands.ring import ring_in_use
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.second_server import SecondServer, second_server
from tests.stands.serving import LOCAL_KEY, RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

_FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
OWN = {"Authorization": f"Bearer {LOCAL_KEY}"}
SAYS = [{"role": "user", "content": "Is the lamp lit?"}]


@pytest.fixture(scope="module")
def attic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondServer]:
    """The big machine, with a token that has to be shown."""
    home = tmp_path_factory.mktemp("machines") / "attic"
    with second_server(home, "http://127.0.0.1:9") as server:
        models = home / "data" / "models" / "acme"
        calls = {"add": {"a": 3, "b": 4}}
        write_scripted_llama(models / "caller" / "caller-F32.gguf", calls=calls, context_length=32768)
        write_tiny_llama(models / "endless" / "endless-F32.gguf")
        write_minilm(models / "minilm" / "minilm-F16.gguf")
        write_tiny_llama(models / "spare" / "spare-F32.gguf")
        with httpx.Client(base_url=f"http://{server.address}", headers=shown(server), timeout=60) as there:
            for model in ("caller", "endless", "minilm"):
                there.post("/api/v1/models/load", json={"model": f"acme/{model}"}).raise_for_status()
        yield server


def shown(server: SecondServer) -> dict[str, str]:
    """The headers that let somebody in there."""
    return {"Authorization": f"Bearer {server.token}"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(shared_home: Path) -> AsyncIterator[RunningServer]:
    """The laptop, without a model of its own."""
    with pytest.MonkeyPatch.context() as patch, ring_in_use():
        use_home(shared_home, patch)
        app_paths().config.mkdir(parents=True, exist_ok=True)
        friendly = {"command": sys.executable, "args": [str(_FRIENDLY)]}
        (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": {"friendly": friendly}}))
        async with serving() as running, http_client(running.address, headers=OWN, timeout=60) as client:
            call = {"arguments": {"a": 1, "b": 1}}
            (await client.post("/api/v1/mcp/servers/friendly/tools/add/call", json=call)).raise_for_status()
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def http(server: RunningServer, attic: SecondServer) -> AsyncIterator[httpx.AsyncClient]:
    """The laptop's own user, after the attic was added."""
    async with http_client(server.address, headers=OWN, timeout=60) as client:
        body = {"address": attic.address, "name": "attic", "key": attic.token}
        added = await client.post("/api/v1/upstreams", json=body)
        assert added.status_code == 200, added.text
        yield client


async def test_its_models_are_listed_with_what_they_can_do_and_none_is_loaded_for_that(
    http: httpx.AsyncClient, attic: SecondServer
) -> None:
    (found,) = (await http.get("/api/v1/upstreams")).json()["upstreams"]
    assert (found["dialect"], found["engine"].partition(" ")[0]) == ("studiolo", "Studiolo")
    models = {model["id"]: model for model in found["models"]}
    assert models["acme/caller"]["tools"] is True
    assert models["acme/caller"]["vision"] is False
    assert models["acme/caller"]["context_length"] == 32768
    assert models["acme/minilm"]["kind"] == "embedding"
    theirs = httpx.get(f"http://{attic.address}/api/v1/models", headers=shown(attic)).json()["models"]
    assert [one["loaded_instances"] for one in theirs if one["key"] == "acme/spare"] == [[]]
    listed = {entry["key"]: entry for entry in (await http.get("/api/v1/models")).json()["models"]}
    assert listed["acme/caller"]["display_name"] == "caller (attic)"
    assert listed["acme/minilm"]["type"] == "embedding"
    kept = (app_paths().config / "upstreams.json").read_text()
    assert attic.token not in kept, "its key is in the keyring"


async def test_a_tool_of_ours_is_called_by_its_model(http: httpx.AsyncClient) -> None:
    plugin = {"type": "plugin", "id": "mcp/friendly", "allowed_tools": ["add"]}
    body = {"model": "acme/caller", "input": "Please do.", "integrations": [plugin]}
    answer = (await http.post("/api/v1/chat", json=body)).json()
    call, message = answer["output"]
    assert call["output"] == '[{"type":"text","text":"7"}]'
    assert REPLY in message["content"]
    following = {"model": "acme/caller", "input": "And?", "previous_response_id": answer["response_id"]}
    assert REPLY in (await http.post("/api/v1/chat", json=following)).json()["output"][0]["content"]


async def test_embeddings_completions_and_anthropic(http: httpx.AsyncClient) -> None:
    vectors = (await http.post("/v1/embeddings", json={"model": "acme/minilm", "input": ["a", "b"]})).json()
    assert len(vectors["data"]) == 2
    assert vectors["model"] == "acme/minilm"
    text = (await http.post("/v1/completions", json={"model": "acme/endless", "prompt": "a", "max_tokens": 5})).json()
    assert text["usage"]["completion_tokens"] == 5
    said = (await http.post("/v1/messages", json={"model": "acme/caller", "max_tokens": 50, "messages": SAYS})).json()
    assert said["content"][0]["text"] == REPLY
    schema = {"type": "object", "properties": {"lit": {"type": "boolean"}}, "required": ["lit"]}
    order = {"type": "json_schema", "json_schema": {"name": "lamp", "schema": schema}}
    body = {"model": "acme/caller", "messages": SAYS, "response_format": order, "max_tokens": 40, "temperature": 0}
    assert (
        (await http.post("/v1/chat/completions", json=body)).json()["choices"][0]["message"]["content"].startswith("{")
    )


async def test_an_overflow_there_is_one_here(http: httpx.AsyncClient) -> None:
    body = {"model": "acme/endless", "messages": [{"role": "user", "content": "word " * 3000}]}
    error = (await http.post("/v1/chat/completions", json=body)).json()["error"]
    assert error["code"] == "context_length_exceeded"


async def test_its_death_ends_the_reply_and_its_return_is_noticed(http: httpx.AsyncClient, attic: SecondServer) -> None:
    body = {"model": "acme/endless", "input": "a", "max_output_tokens": 2000, "stream": True}
    async with http.stream("POST", "/api/v1/chat", json=body) as answer:
        events: list[str] = []
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                events.append(line)
            if line == "event: message.delta" and events.count(line) == 3:
                attic.kill()
    assert events[-2:] == ["event: error", "event: chat.end"]
    refused = await http.post("/v1/chat/completions", json={"model": "acme/caller", "messages": SAYS})
    assert "Nobody listens at 'attic'" in refused.text
    attic.start()

    async def answers() -> bool:
        return bool((await http.get("/api/v1/upstreams")).json()["upstreams"][0]["state"] == "ready")

    await until(answers, "it is back")
    again = await http.post("/v1/chat/completions", json={"model": "acme/caller", "messages": SAYS})
    assert again.json()["choices"][0]["message"]["content"] == REPLY
    attic.kill()
