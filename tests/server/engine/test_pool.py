"""Who stays loaded: just in time, idle, last only, explicit, and what does not fit."""

import asyncio
from typing import Any

import pytest

from studiolo.api import events
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.models import LoadRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import RequestError
from studiolo.paths import app_paths
from studiolo.server.chat.inference import Inference
from studiolo.server.engine.contract import COMPLETIONS, EngineSettings
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.memory import needed_bytes
from studiolo.server.library.scan import Library
from tests.stands.plain_http import http_client
from tests.stands.serving import STARTER, RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import stays, until


@pytest.fixture
def tiny() -> None:
    for name in ("one", "two", "three"):
        write_tiny_llama(app_paths().models / "tiny" / name / f"{name}.gguf")


async def ask(client: Client, model: str, **more: Any) -> ChatResponse:
    return await ChatApi(client).complete(ChatRequest(model=model, input="Hi", **{"max_output_tokens": 2, **more}))


def loaded(server: RunningServer) -> set[str]:
    return {instance.id for instance in server.pool.instances}


async def test_the_last_one_loaded_just_in_time_stays_alone(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        await ModelsApi(client).load(LoadRequest(model="tiny/three"))
        await ask(client, "tiny/one")
        await ask(client, "tiny/two")
        assert loaded(server) == {"tiny/three", "tiny/two"}, "what was loaded explicitly is never touched"
        await ask(client, "tiny/three")
        assert loaded(server) == {"tiny/three", "tiny/two"}


async def test_the_last_one_stays_with_the_others_if_so_set(tiny: None) -> None:
    async with serving(keep_last_only=False) as server, Client(server.address) as client:
        await ask(client, "tiny/one")
        await ask(client, "tiny/two")
        assert loaded(server) == {"tiny/one", "tiny/two"}


async def test_one_that_works_is_not_taken_away_before_it_is_done(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        stream = ChatApi(client).stream(ChatRequest(model=STARTER, input="Tell a long story.", max_output_tokens=60))
        seen = []
        async for event in stream:
            seen.append(event)
            if isinstance(event, events.MessageStart):
                await ask(client, "tiny/one")
        assert isinstance(seen[-1], events.ChatEnd)
        assert seen[-1].result.stats.total_output_tokens > 1
        assert not [event for event in seen if isinstance(event, events.ErrorEvent)]
        await until(lambda: loaded(server) == {"tiny/one"})


async def test_requests_that_take_turns_do_not_take_each_other_s_model_away(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        models = ("tiny/one", "tiny/two", "tiny/three")
        answers = await asyncio.gather(*(ask(client, models[number % 3]) for number in range(12)))
        assert [answer.model_instance_id for answer in answers] == [models[number % 3] for number in range(12)]
        await until(lambda: len(loaded(server)) == 1)


async def test_one_that_nobody_comes_for_goes_after_a_while(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        server.pool.claim_seconds = 0.2
        model = await server.pool.find_model("tiny/one")
        loading = server.pool.load(model, LoadOptions(just_in_time=True))
        async for _ in loading.progress():
            pass
        await ask(client, "tiny/two")
        await until(lambda: loaded(server) == {"tiny/two"})


async def test_one_that_went_since_a_request_found_it_is_loaded_again(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        await ask(client, "tiny/one")
        inference = await Inference.prepare(server.pool, "tiny/one")
        await ask(client, "tiny/two")
        assert loaded(server) == {"tiny/two"}
        body = {"prompt": "Hi", "max_tokens": 2}
        assert [chunk async for chunk in inference.stream(COMPLETIONS, body)]
        assert loaded(server) == {"tiny/one"}
        async with inference.in_use() as instance:
            assert not instance.ended


async def test_one_on_its_way_out_stays_for_who_comes_at_that_moment(tiny: None) -> None:
    async with serving() as server, Client(server.address) as client:
        await ask(client, "tiny/one")
        (instance,) = server.pool.instances
        with server.pool.in_use(instance, ttl=0.0):
            instance.unload_when_idle = True
        with server.pool.in_use(instance):
            await stays(lambda: not instance.ended)
        await until(lambda: not loaded(server))


async def test_an_idle_one_goes_and_an_explicit_one_stays(tiny: None) -> None:
    async with (
        serving(idle_minutes=1, keep_last_only=False) as server,
        Client(server.address) as client,
        http_client(server.address) as http,
    ):
        await ModelsApi(client).load(LoadRequest(model="tiny/two"))
        await ask(client, "tiny/one")
        entries = {entry.key: entry for entry in await ModelsApi(client).list_models()}
        remaining = entries["tiny/one"].loaded_instances[0].remaining_ttl_seconds
        assert remaining
        assert 0 < remaining <= 60
        assert entries["tiny/two"].loaded_instances[0].remaining_ttl_seconds is None
        await http.patch("/api/v1/server/settings", json={"idle_minutes": 0.001})
        await until(lambda: loaded(server) == {"tiny/two"})


async def test_a_request_resets_the_clock(tiny: None) -> None:
    async with serving(idle_minutes=1) as server, Client(server.address) as client:
        now = asyncio.get_running_loop().time
        await ask(client, "tiny/one")
        [instance] = server.pool.instances
        for _ in range(3):
            began = now()
            await ask(client, "tiny/one")
            assert instance.idle_until
            assert began + 60 <= instance.idle_until <= now() + 60
        assert server.pool.instances == [instance]


async def test_nothing_goes_when_that_is_switched_off(tiny: None) -> None:
    async with (
        serving(unload_idle=False, idle_minutes=0.001, keep_last_only=False) as server,
        Client(server.address) as client,
    ):
        await ask(client, "tiny/one")
        assert server.pool.instances[0].idle_until is None
        await ask(client, "tiny/two")
        with server.pool.in_use(server.pool.instances[1], ttl=0.1):
            pass
        await until(lambda: loaded(server) == {"tiny/one"}, "the end of the one that may be idle for longer")


async def test_without_just_in_time_loading_a_model_must_be_loaded_first(tiny: None) -> None:
    async with serving(just_in_time_loading=False) as server, Client(server.address) as client:
        with pytest.raises(RequestError, match="switched off"):
            await ask(client, "tiny/one")
        await ModelsApi(client).load(LoadRequest(model="tiny/one"))
        assert (await ask(client, "TINY/One")).model_instance_id == "tiny/one"


async def test_what_does_not_fit_is_refused_with_both_figures(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as server, Client(server.address) as client:
        monkeypatch.setattr("psutil.virtual_memory", lambda: type("M", (), {"available": 100_000_000})())
        with pytest.raises(RequestError, match=r"needs \d{3}\.\d MB of memory, and 100\.0 MB are free"):
            await ask(client, STARTER)
        assert not server.pool.instances
    async with serving(refuse_beyond_memory=False) as server, Client(server.address) as client:
        assert (await ask(client, STARTER)).output


async def test_what_would_be_evicted_counts_as_free(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as server, Client(server.address) as client:
        await ask(client, "tiny/one")
        tiny_needs = needed_bytes(server.pool.instances[0].model, server.pool.instances[0].settings)
        starter = Library([]).find(STARTER)
        assert starter
        needs = needed_bytes(starter, EngineSettings(starter.path, starter.size_bytes, 4096))
        available = needs - tiny_needs // 2
        monkeypatch.setattr("psutil.virtual_memory", lambda: type("M", (), {"available": available})())
        assert (await ask(client, STARTER)).output


async def test_a_quantization_can_be_named() -> None:
    async with serving() as server, Client(server.address) as client:
        assert (await ask(client, f"{STARTER}@Q4_1")).model_instance_id == STARTER
        again = await ask(client, f"{STARTER}@q4_1")
        assert again.stats.model_load_time_seconds is None
