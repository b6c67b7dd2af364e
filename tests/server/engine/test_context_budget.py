"""Who may begin and who gives way, where requests share a context."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.models import LoadRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AppError, ContextOverflowError
from studiolo.paths import HOME_VARIABLE, app_paths
from studiolo.server.engine import instance as instance_module
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.context_budget import CellsTakenError, ContextBudget, Reservation, TokenDemand
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import LIMIT_SECONDS, until

TINY = "tiny/tiny"


BeginClaim = Callable[..., tuple[asyncio.Future[Reservation], asyncio.Event]]
"""Begins a claim of so many tokens in a task of its own; gives the claim, once it is granted, and what ends it."""


def progress(total: int) -> Chunk:
    told = {"total": total, "processed": total}
    return Chunk.of({"prompt_progress": told, "choices": [{"index": 0, "delta": {}}]})


OPENING = Chunk.of({"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]})
TOKEN = Chunk.of({"choices": [{"index": 0, "delta": {"content": "x"}}]})


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server with a model in a context of 512 tokens, of which each byte of a text is one."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))
            write_tiny_llama(app_paths().models / TINY / "tiny.gguf")
            running = await stack.enter_async_context(serving())
        async with Client(running.address) as client:
            await ModelsApi(client).load(LoadRequest(model=TINY, context_length=512))
        yield running


def need(prompt: int, reply: int = 0) -> TokenDemand:
    return TokenDemand(text=prompt, images=0, reply=reply)


async def settled(task: asyncio.Future[Reservation]) -> bool:
    """Whether a claim is granted once the loop has turned."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task.done()


@pytest.fixture
async def claim() -> AsyncIterator[BeginClaim]:
    async with AsyncExitStack() as stack:

        def begin(
            cells: ContextBudget, expected: int, order: list[str] | None = None, name: str = ""
        ) -> tuple[asyncio.Future[Reservation], asyncio.Event]:
            release = asyncio.Event()
            started: asyncio.Future[Reservation] = asyncio.get_running_loop().create_future()

            async def hold() -> None:
                async with cells.claim(need(expected)) as claim:
                    if order is not None:
                        order.append(name)
                    started.set_result(claim)
                    await release.wait()

            task = asyncio.create_task(hold())

            async def end() -> None:
                task.cancel()
                await asyncio.wait([task])

            stack.push_async_callback(end)
            return started, release

        yield begin


async def test_first_come_first_served(claim: BeginClaim) -> None:
    cells = ContextBudget(1000)
    order: list[str] = []
    first, release_first = claim(cells, 600, order, "first")
    assert await settled(first)
    large, release_large = claim(cells, 700, order, "large")
    small, _ = claim(cells, 100, order, "small")
    assert not await settled(large)
    assert not await settled(small), "it would fit, but was not first"
    assert not cells.fits_now(need(100))
    release_first.set()
    await large
    await small
    assert order == ["first", "large", "small"]
    release_large.set()


async def test_what_is_alone_has_its_turn_whatever_it_needs(claim: BeginClaim) -> None:
    assert await settled(claim(ContextBudget(100), 5000)[0])


async def test_who_leaves_the_line_does_not_hold_it_up() -> None:
    cells = ContextBudget(1000)
    async with cells.claim(need(900)):
        waiting = asyncio.create_task(cells.claim(need(900)).__aenter__())
        behind = asyncio.create_task(cells.claim(need(50)).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        async with asyncio.timeout(LIMIT_SECONDS):
            await behind


async def test_the_latest_gives_way_when_room_runs_out(claim: BeginClaim) -> None:
    cells = ContextBudget(400)
    early, late = await claim(cells, 100)[0], await claim(cells, 100)[0]
    for request in (early, late):
        cells.observe(request, progress(150))
        cells.observe(request, TOKEN)
    assert (early.displaced, late.displaced) == (False, False)
    for _ in range(80):
        cells.observe(early, TOKEN)
    assert (early.displaced, late.displaced) == (False, True)
    for _ in range(300):
        cells.observe(early, TOKEN)
    assert not early.displaced, "alone, it ends where the context does"


async def test_who_has_said_nothing_yet_gives_way_first(claim: BeginClaim) -> None:
    cells = ContextBudget(400)
    silent, late = await claim(cells, 100)[0], await claim(cells, 100)[0]
    cells.observe(late, progress(190))
    cells.observe(late, TOKEN)
    cells.observe(silent, progress(190))
    cells.observe(silent, OPENING)
    assert (silent.displaced, late.displaced) == (True, False)


async def test_what_the_engine_tells_makes_room(claim: BeginClaim) -> None:
    cells = ContextBudget(1000)
    first = await claim(cells, 900)[0]
    second, _ = claim(cells, 500)
    assert not await settled(second)
    cells.observe(first, progress(100))
    assert await settled(second)


def test_what_is_needed_is_never_underrated() -> None:
    asked = TokenDemand.of({"messages": [{"content": "x" * 350}], "max_tokens": 50})
    assert (asked.prompt >= 350, asked.reply) == (True, 50)
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}}]
    assert TokenDemand.of({"messages": [{"content": parts}], "max_tokens": 1}).prompt < 2000
    assert TokenDemand.of({"prompt": "x"}).reply > 500
    batch = TokenDemand.of({"prompt": ["x", "y"], "max_tokens": 5})
    assert (batch.prompts, batch.reply) == (2, 10)
    assert TokenDemand.of({"prompt": [1] * 500, "max_tokens": 5}).prompts == 1
    assert TokenDemand.of({"prompt": [1] * 500, "max_tokens": 5}).prompt >= 500


@pytest.mark.asyncio(loop_scope="module")
async def test_requests_that_fill_their_context_together_do_not_fail_each_other(narrow: RunningServer) -> None:
    """Three replies of 300 tokens in a context of 512: by llama.cpp alone, all of them fail."""

    async def ask(client: Client, number: int) -> ChatResponse:
        text = f"Tell a very long story about a lighthouse, number {number}."
        return await ChatApi(client).complete(ChatRequest(model=TINY, input=text, max_output_tokens=300))

    async with Client(narrow.address) as client:
        answers = await asyncio.gather(*(ask(client, number) for number in range(3)))
    assert all(answer.stats.total_output_tokens > 20 for answer in answers)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("turns", [4, 12])
async def test_prompts_that_look_short_wait_for_room(narrow: RunningServer, turns: int) -> None:
    """One token a character: the bytes tell nothing of that, the engine does."""
    texts = [" ".join("0123456789" * 11) + f" {number}" for number in range(turns)]
    requests = [ChatRequest(model=TINY, input=text, max_output_tokens=8) for text in texts]
    async with Client(narrow.address) as client:
        answers = await asyncio.gather(*(ChatApi(client).complete(request) for request in requests))
    assert [answer.stats.input_tokens > 200 for answer in answers] == [True] * turns


@pytest.mark.asyncio(loop_scope="module")
async def test_who_waits_for_the_engine_s_cells_goes_on_as_soon_as_another_has_ended(
    narrow: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which request the engine refuses is chance: here it is the second, as long as the first one is under way."""
    monkeypatch.setattr(instance_module, "_MOMENT", LIMIT_SECONDS)
    monkeypatch.setattr(instance_module, "_PATIENCE", 10 * LIMIT_SECONDS)
    (instance,) = narrow.pool.instances
    stream = instance.engine.stream
    refused, ended = asyncio.Event(), asyncio.Event()

    async def stream_or_refuse(route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        if ended.is_set() or "lighthouse" in str(body):
            async with aclosing(stream(route, body)) as chunks:
                async for chunk in chunks:
                    yield chunk
                    if chunk.usage is None and instance.cells.fits_now(need(1)):
                        await refused.wait()
            ended.set()
            return
        refused.set()
        raise CellsTakenError("no cells")

    monkeypatch.setattr(instance.engine, "stream", stream_or_refuse)

    async def ask(client: Client, text: str, limit: int) -> ChatResponse:
        return await ChatApi(client).complete(ChatRequest(model=TINY, input=text, max_output_tokens=limit))

    async with Client(narrow.address) as client, asyncio.timeout(LIMIT_SECONDS):
        first = asyncio.create_task(ask(client, "A lighthouse.", 200))
        await until(lambda: instance.busy)
        second = asyncio.create_task(ask(client, "A tower.", 3))
        await refused.wait()
        assert not ended.is_set()
        await first
        assert (await second).stats.total_output_tokens == 3


@pytest.mark.asyncio(loop_scope="module")
async def test_those_who_wait_for_cells_do_not_wake_each_other(
    narrow: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance_module, "_MOMENT", 0.02)
    monkeypatch.setattr(instance_module, "_PATIENCE", 0.5)
    async with Client(narrow.address) as client:
        await ChatApi(client).complete(ChatRequest(model=TINY, input="a", max_output_tokens=1))
        (instance,) = narrow.pool.instances
        asked = 0

        async def refuse(route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
            nonlocal asked
            asked += 1
            raise CellsTakenError("no cells")
            yield

        monkeypatch.setattr(instance.engine, "stream", refuse)
        requests = [ChatRequest(model=TINY, input=text, max_output_tokens=1) for text in "abc"]
        answers = [ChatApi(client).complete(request) for request in requests]
        failures = await asyncio.gather(*answers, return_exceptions=True)
    assert all(isinstance(failure, AppError) for failure in failures)
    # Each pause is twice as long as the one before: six of them fit into the time.
    assert 3 < asked <= 3 * 7


@pytest.mark.asyncio(loop_scope="module")
async def test_prompts_without_a_chat_are_counted_too(narrow: RunningServer) -> None:
    texts = [" ".join("0123456789" * 10) + f" {number}" for number in range(3)]
    tokens = [list(range(10, 210)), list(range(60, 260))]

    async def complete(http: httpx.AsyncClient, prompt: object) -> int:
        body = {"model": TINY, "prompt": prompt, "max_tokens": 8}
        used: int = (await http.post("/v1/completions", json=body)).json()["usage"]["prompt_tokens"]
        return used

    async with http_client(narrow.address, timeout=LIMIT_SECONDS) as http:
        used = await asyncio.gather(*(complete(http, prompt) for prompt in (*texts, tokens[0], tokens, texts[:2])))
    assert used[:3] == [used[0]] * 3
    assert used[3:5] == [200, 400]
    assert used[5] == 2 * used[0]


def test_a_chat_of_more_messages_than_there_are_tokens_is_refused_at_once() -> None:
    """A template takes time with the square of their number: 20,000 take the engine a minute."""
    body = {"messages": [{"role": "user", "content": "x"}] * 2049}
    TokenDemand.of(body).check(2049)
    with pytest.raises(ContextOverflowError):
        TokenDemand.of(body).check(2048)
    TokenDemand.of({"prompt": ["x"] * 2049}).check(2048)
