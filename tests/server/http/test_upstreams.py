"""Models of other servers: they are listed, asked and logged as our own, and what goes wrong there is told in words."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.api.upstreams import UpstreamInfo
from tests.stands.serving import RunningServer
from tests.stands.upstream_stand import Asked, Replay, UpstreamStand, recorded, recorded_json, upstream_stand
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAYS = [{"role": "user", "content": "Say hello in five words."}]
KEY = "sk-of-the-box"


@pytest_asyncio.fixture(loop_scope="module")
async def stand() -> AsyncIterator[UpstreamStand]:
    async with upstream_stand() as stand:
        yield stand


async def add(http: httpx.AsyncClient, stand: UpstreamStand, name: str = "box", **more: Any) -> UpstreamInfo:
    answer = await http.post("/api/v1/upstreams", json={"address": stand.address, "name": name, **more})
    assert answer.status_code == 200, answer.text
    stand.asked.clear()
    return UpstreamInfo.model_validate(answer.json())


async def chat(http: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await http.post("/v1/chat/completions", json={"model": "smol", "messages": SAYS, **more})


async def native(http: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await http.post("/api/v1/chat", json={"model": "smol", "input": "Hello", **more})


async def test_it_is_looked_at_when_it_is_added(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    found = await add(http, stand, "GPU box", key=KEY)
    assert (found.id, found.engine, found.dialect, found.state) == ("gpu-box", "vLLM 0.32.0", "vllm", "ready")
    assert found.has_key
    (model,) = found.models
    assert (model.key, model.context_length, model.tools, model.vision, model.counts) == (
        "smol",
        2048,
        True,
        True,
        True,
    )
    listed = (await http.get("/api/v1/models")).json()["models"]
    (entry,) = [one for one in listed if one["key"] == "smol"]
    assert entry["display_name"] == "smol (GPU box)"
    assert entry["origin"] == "upstream"
    assert entry["places"] == [{"upstream": "gpu-box", "name": "GPU box", "state": "ready", "busy": 0}]
    assert entry["loaded_instances"][0]["config"]["context_length"] == 2048
    assert "smol" in [one["id"] for one in (await http.get("/v1/models")).json()["data"]]
    assert "smol" in [one["id"] for one in (await http.get("/api/v0/models")).json()["data"]]


async def test_a_stream_is_passed_on_with_counts_and_times(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand, key=KEY)
    whole = (await chat(http, repeat_penalty=1.1, max_tokens=12)).json()
    assert whole["choices"][0]["message"]["content"].startswith("Awesome, welcome")
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["usage"]["prompt_tokens"] == 15
    assert whole["usage"]["completion_tokens"] == 12
    (asked,) = stand.chats
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-studiolo-upstream"]
    assert asked.body["stream"] is True, "only a stream can be cancelled, and says how it ended"
    assert asked.body["repetition_penalty"] == 1.1
    assert "repeat_penalty" not in asked.body
    assert "return_progress" not in asked.body
    answer = (await native(http, max_output_tokens=12)).json()
    assert answer["output"][0]["content"].startswith("Awesome")
    assert answer["stats"]["total_output_tokens"] == 12
    assert answer["stats"]["time_to_first_token_seconds"] > 0
    assert answer["response_id"]
    entry = (await http.get("/api/v1/server/log")).json()["entries"][-1]
    assert (entry["model"], entry["place"], entry["output_tokens"]) == ("smol", "box", 12)


async def test_a_conversation_goes_on(own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand) -> None:
    await add(http, stand)
    first = (await native(http)).json()
    assert (await native(http, previous_response_id=first["response_id"])).status_code == 200
    said = [message["role"] for message in stand.chats[-1].body["messages"]]
    assert said == ["user", "assistant", "user"]


async def test_other_dialects_and_plain_text(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    stand.routes["POST", "/tokenize"] = Replay.of({"count": 37, "max_model_len": 2048, "tokens": []})
    told = await http.post("/v1/messages", json={"model": "smol", "max_tokens": 12, "messages": SAYS})
    assert told.json()["content"][0]["text"].startswith("Awesome")
    counted = await http.post("/v1/messages/count_tokens", json={"model": "smol", "messages": SAYS})
    assert counted.json()["input_tokens"] == 37
    response = (await http.post("/v1/responses", json={"model": "smol", "input": "Hello"})).json()
    assert response["status"] == "incomplete"
    assert response["usage"]["output_tokens"] == 12
    text = (await http.post("/v1/completions", json={"model": "smol", "prompt": "a", "max_tokens": 5})).json()
    assert text["choices"][0]["text"]
    older = (await http.post("/api/v0/chat/completions", json={"model": "smol", "messages": SAYS})).json()
    assert older["runtime"]["name"] == "openai-compatible"


async def test_thoughts_come_by_another_name(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    stand.chats_with(Replay(events=recorded("vllm_thoughts")))
    await add(http, stand)
    message = (await chat(http)).json()["choices"][0]["message"]
    assert message["reasoning_content"].strip("\n") == ""
    assert len(message["reasoning_content"]) >= 5
    answer = (await native(http)).json()
    assert [item["type"] for item in answer["output"]] == ["reasoning"]
    assert answer["stats"]["reasoning_output_tokens"] >= 5


@pytest.mark.parametrize("name", ["litellm_chat", "ray_llm_chat"])
async def test_streams_of_others(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, name: str
) -> None:
    stand.chats_with(Replay(events=recorded(name)))
    stand.routes["GET", "/v1/models"] = Replay.of(recorded_json("ray_llm_models"))
    found = await add(http, stand)
    assert (found.engine, found.models[0].context_length) == ("Ray Serve LLM", 2048)
    answer = (await http.post("/v1/chat/completions", json={"model": "tiny", "messages": SAYS})).json()
    assert answer["usage"]["prompt_tokens"] == 31
    assert answer["choices"][0]["finish_reason"] == "length"
    entry = (await http.get("/api/v1/server/log")).json()["entries"][-1]
    assert entry["cached_tokens"] == (30 if name == "litellm_chat" else None), "null where nobody says, not 0"


async def test_a_reply_is_whole_only_with_its_end(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    stand.chats_with(Replay(events=recorded("vllm_killed")))
    failed = await chat(http)
    assert failed.status_code == 500
    assert "'box' (http://127.0.0.1" in failed.text
    assert "EngineCore encountered an issue" in failed.text
    streamed = (await native(http, stream=True)).text
    assert "event: error" in streamed
    assert "The integer" in json.loads(streamed.strip().rsplit("data: ", 1)[1])["result"]["output"][0]["content"]
    stand.chats_with(Replay(events=recorded("ray_cut"), cut=True))
    assert "broke off in the middle of its reply" in (await chat(http)).text
    stand.chats_with(Replay(events=[*recorded("vllm_chat")[:4], b"data: [DONE]\n\n"]))
    assert "broke off" in (await chat(http)).text, "[DONE] alone proves nothing"


async def test_without_counts_they_are_estimated_and_marked(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    events = [event for event in recorded("vllm_chat") if b'"usage"' not in event]
    stand.chats_with(Replay(events=events))
    found = await add(http, stand)
    assert found.models[0].counts is False
    usage = (await chat(http)).json()["usage"]
    assert usage["estimated"] is True
    assert usage["completion_tokens"] == len(events) - 2
    assert (await native(http)).json()["stats"]["estimated"] is True


async def test_leaving_closes_the_connection(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    stand.chats_with(Replay(events=recorded("vllm_chat"), release=asyncio.Event()))
    async with http.stream("POST", "/api/v1/chat", json={"model": "smol", "input": "x", "stream": True}) as answer:
        async for line in answer.aiter_lines():
            if "message.delta" in line:
                break
    await until(lambda: stand.chats[-1].gone.is_set(), "the other server hears that nobody listens any more")
    async with asyncio.timeout(30):
        asked = asyncio.create_task(chat(http))
        await until(lambda: len(stand.chats) == 2)
        asked.cancel()
        await until(lambda: stand.chats[-1].gone.is_set(), "and so it does where the answer is not streamed")


REFUSALS = [
    (401, {"error": {"message": "Invalid API key"}}, 500, "does not let us in (401): Invalid API key"),
    (403, {"detail": "Forbidden"}, 500, "does not let us in (403): Forbidden"),
    (404, {"error": {"message": "The model `smol` does not exist.", "code": 404}}, 500, "has no model 'smol' any more"),
    (429, {"error": {"message": "Rate limit reached"}}, 503, "too much to do (429): Rate limit reached"),
    (503, {"detail": "draining"}, 503, "too much to do (503): draining"),
    (500, {"error": {"message": "CUDA out of memory"}}, 500, "could not answer (500): CUDA out of memory"),
    (502, None, 500, "could not answer (502)"),
    (400, {"error": {"message": "top_k must be positive"}}, 400, "refused the request: top_k must be positive"),
    (422, {"detail": [{"msg": "Input should be valid"}]}, 400, "refused the request: Input should be valid"),
    (
        400,
        {
            "error": {
                "message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            }
        },
        400,
        "Switch on --enable-auto-tool-choice and --tool-call-parser",
    ),
    (400, {"error": {"message": "smol is not a multimodal model"}}, 400, "does not read images"),
]


@pytest.mark.parametrize(("status", "body", "ours", "told"), REFUSALS)
async def test_what_it_refuses_is_told_in_its_words_beneath_ours(
    own_server: RunningServer,
    http: httpx.AsyncClient,
    stand: UpstreamStand,
    status: int,
    body: Any,
    ours: int,
    told: str,
) -> None:
    await add(http, stand)
    stand.chats_with(Replay.of(body, status, "Retry-After: 7\r\n"))
    answer = await chat(http)
    assert (answer.status_code, told in answer.text) == (ours, True), answer.text
    if status == 429:
        assert "It asks to wait 7 s." in answer.text


OVERFLOWS = [
    "This model's maximum context length is 2048 tokens. However, your prompt contains 200050 characters (more than "
    "165888 characters, which is the upper bound for 2048 input tokens). Please reduce the length of the input prompt.",
    "This model's maximum context length is 2048 tokens. However, your messages resulted in 2049 tokens.",
    "The input (2049 tokens) is longer than the model's context length (2048 tokens).",
    "Message: error. This model's maximum context length is 2048 tokens. However, you requested 2061 tokens (2049 in "
    "the messages, 12 in the completion).",
]


@pytest.mark.parametrize("text", OVERFLOWS)
async def test_a_prompt_that_does_not_fit_is_told_as_that(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, text: str
) -> None:
    await add(http, stand)
    stand.chats_with(Replay.of({"error": {"message": text, "type": "BadRequestError", "code": 400}}, 400))
    error = (await chat(http)).json()["error"]
    assert error["code"] == "context_length_exceeded"
    told = (await native(http)).json()["error"]
    assert (told["type"], told["n_ctx"], told["n_prompt_tokens"]) == ("exceed_context_size_error", 2048, 2049)


async def test_a_call_is_forced_there_and_tools_that_it_takes_none_of_are_refused_with_its_reason(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    def answered(asked: Asked) -> Replay:
        return Replay(events=recorded("vllm_required_call" if asked.body.get("tools") else "vllm_chat"))

    stand.chats_with(answered)
    await add(http, stand)
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    message = (await chat(http, tools=tools, tool_choice="required")).json()["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["name"] == "get_weather"
    assert stand.chats[-1].body["tool_choice"] == "required"

    def without(asked: Asked) -> Replay:
        if asked.body.get("tools"):
            text = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            return Replay.of({"error": {"message": text, "type": "BadRequestError"}}, 400)
        return Replay(events=recorded("vllm_chat"))

    stand.chats_with(without)
    checked = await http.post("/api/v1/upstreams/box/check", json={})
    assert checked.json()["models"][0]["tools"] is False
    await http.patch("/api/v1/server/settings", json={"allow_per_request_mcp": True})
    integration = {"type": "ephemeral_mcp", "server_label": "x", "server_url": "http://127.0.0.1:1/mcp"}
    refused = await native(http, integrations=[integration])
    assert "can't use tools: switch on --enable-auto-tool-choice and --tool-call-parser" in refused.text


async def test_a_load_says_that_it_is_there_and_nothing_is_unloaded(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    loaded = await http.post("/api/v1/models/load", json={"model": "smol", "echo_load_config": True})
    assert loaded.json()["load_config"]["context_length"] == 2048
    steps = await http.post("/api/v1/models/load", json={"model": "smol"}, headers={"Accept": "text/event-stream"})
    assert '"status":"loaded"' in steps.text.replace(" ", "")
    chosen = await http.post("/api/v1/models/load", json={"model": "smol", "context_length": 512})
    assert chosen.json()["error"]["code"] == "not_on_this_machine"
    unloaded = await http.post("/api/v1/models/unload", json={"instance_id": "smol"})
    assert unloaded.json()["error"]["code"] == "not_on_this_machine"
    estimate = await http.post("/api/v1/models/estimate", json={"model": "smol"})
    assert "is a model of another machine" in estimate.text
    measured = await http.post("/api/v1/server/benchmarks", json={"model": "smol"})
    assert "is a model of another machine" in measured.text


async def test_what_is_no_such_server_is_not_added(own_server: RunningServer, http: httpx.AsyncClient) -> None:
    async with upstream_stand() as stand:
        stand.routes["GET", "/v1/models"] = Replay(200, body=b"<html>A router's page</html>")
        answer = await http.post("/api/v1/upstreams", json={"address": stand.address})
        assert answer.json()["error"]["code"] == "upstream_not_compatible"
        assert "200: <html>A router's page" in answer.text
        stand.routes["GET", "/v1/models"] = Replay.of({"error": {"message": "Who are you?"}}, 401)
        answer = await http.post("/api/v1/upstreams", json={"address": stand.address})
        assert "It was not added." in answer.text
        assert "(401): Who are you?" in answer.text
        address = stand.address
    answer = await http.post("/api/v1/upstreams", json={"address": address})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "upstream_unreachable")
    assert "Nobody listens at" in answer.text
    for nonsense in (
        "ftp://x",
        "http://",
        "http://a b",
        "http://u:p@box",
        "http://box?key=1",
        "http://box:99999",
        "::",
    ):
        refused = await http.post("/api/v1/upstreams", json={"address": nonsense})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "address"), nonsense
    assert (await http.get("/api/v1/upstreams")).json() == {"upstreams": []}


async def test_it_is_changed_checked_step_by_step_and_removed(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand, key=KEY, prefix="box/")
    assert (await http.post("/v1/chat/completions", json={"model": "box/smol", "messages": SAYS})).status_code == 200
    changed = await http.patch("/api/v1/upstreams/box", json={"name": "Shed", "prefix": "", "context_length": 1024})
    assert (changed.json()["name"], changed.json()["has_key"]) == ("Shed", True)
    await chat(http)
    assert stand.chats[-1].headers["authorization"] == f"Bearer {KEY}"
    moved = await http.patch("/api/v1/upstreams/box", json={"address": f"{stand.address}/llm"})
    assert moved.json()["has_key"] is False, "a key goes to the address that it was given for"
    await http.patch("/api/v1/upstreams/box", json={"address": f"{stand.address}/v1/"})
    events = (await http.post("/api/v1/upstreams/box/check", json={}, headers={"Accept": "text/event-stream"})).text
    steps = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    assert [one.get("step") for one in steps] == ["server", "chat", "tools", "images", None]
    assert steps[-1]["result"]["context_length"] == 1024
    assert (await http.delete("/api/v1/upstreams/box")).status_code == 204
    assert (await chat(http)).status_code == 400
    assert (await http.delete("/api/v1/upstreams/box")).status_code == 404


async def test_a_llama_server_says_what_it_has_and_counts(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    listed = {"id": "smol.gguf", "object": "model", "owned_by": "llamacpp", "meta": {"n_ctx_train": 8192}}
    stand.routes["GET", "/v1/models"] = Replay.of({"object": "list", "data": [listed]})
    props = {"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": False}, "build_info": "b11434"}
    stand.routes["GET", "/props"] = Replay.of(props)
    stand.routes["POST", "/apply-template"] = Replay.of({"prompt": "<|im_start|>user\nHello"})
    stand.routes["POST", "/tokenize"] = Replay.of({"tokens": [1, 2, 3, 4, 5]})
    found = await add(http, stand)
    assert (found.engine, found.dialect) == ("llama.cpp b11434", "llama.cpp")
    assert (found.models[0].context_length, found.models[0].vision) == (4096, False)
    counted = await http.post("/v1/messages/count_tokens", json={"model": "smol.gguf", "messages": SAYS})
    assert counted.json()["input_tokens"] == 5
    await http.post("/v1/chat/completions", json={"model": "smol.gguf", "messages": SAYS, "repeat_penalty": 1.2})
    assert stand.chats[-1].body["repeat_penalty"] == 1.2
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    seen = [{"role": "user", "content": [image, {"type": "text", "text": "?"}]}]
    before = len(stand.chats)
    refused = await http.post("/v1/chat/completions", json={"model": "smol.gguf", "messages": seen})
    assert (refused.status_code, len(stand.chats)) == (400, before), "it is known not to see"


async def test_others_are_sent_only_what_everybody_knows(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    listed = {"id": "smol", "object": "model", "owned_by": "somebody"}
    stand.routes["GET", "/v1/models"] = Replay.of({"object": "list", "data": [listed]})
    found = await add(http, stand, context_length=4096)
    assert (found.dialect, found.models[0].context_length, found.context_length) == ("openai", None, 4096)
    thought = {"role": "assistant", "content": "Hello", "reasoning_content": "They greet."}
    messages = [*SAYS, thought, *SAYS]
    body = {"model": "smol", "messages": messages, "temperature": 0.5, "top_k": 5, "min_p": 0.1, "repeat_penalty": 1.1}
    assert (await http.post("/v1/chat/completions", json=body)).status_code == 200
    sent = stand.chats[-1].body
    assert sent["temperature"] == 0.5
    assert not {"top_k", "min_p", "repeat_penalty", "return_progress"} & sent.keys()
    assert "reasoning_content" not in sent["messages"][1]
    counted = await http.post("/v1/messages/count_tokens", json={"model": "smol", "messages": SAYS})
    assert 5 <= counted.json()["input_tokens"] <= 40, "about as many"
