"""The check of a server: what holds at ours, at one of the documented API alone, and at one that is wrong."""

from contextlib import aclosing
from typing import Any

import pytest

from studiolo.client.checking import CheckOutcome, CheckRow, LoadableModel, ServerCheck, report_text, verdict
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import UnreachableError
from studiolo.paths import app_paths
from tests.stands.plain_server import plain_server
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama

SECRET = "sk-lm-abcdefgh:abcdefghijklmnopqrst"


@pytest.fixture(autouse=True)
def tiny() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)


async def checked(address: str, token: str | None = None, *, load: bool = True) -> dict[str, CheckRow]:
    async def may_load(model: LoadableModel) -> bool:
        assert (model.key, model.size > 0) == ("acme/tiny", True), "the smallest"
        return load

    async with Client(address, token) as client:
        return {row.step: row async for row in ServerCheck(client, may_load=may_load).run()}


def of(rows: dict[str, CheckRow], outcome: CheckOutcome) -> set[str]:
    return {step for step, row in rows.items() if row.outcome is outcome}


async def test_all_holds_at_our_own_and_what_was_loaded_is_unloaded() -> None:
    async with serving() as server:
        rows = await checked(server.address)
        assert of(rows, CheckOutcome.WRONG) == of(rows, CheckOutcome.NOT_OFFERED) == set(), report_text(
            "", list(rows.values())
        )
        assert of(rows, CheckOutcome.SKIPPED) == {"openai_embeddings"}
        assert all(row.seconds >= 0 for row in rows.values())
        async with Client(server.address) as client:
            assert not any(one.loaded_instances for one in await ModelsApi(client).list_models())


async def test_a_server_of_the_documented_api_alone_does_not_offer_the_rest() -> None:
    async with plain_server() as address:
        rows = await checked(address)
    assert of(rows, CheckOutcome.WRONG) == set(), report_text("", list(rows.values()))
    offered = of(rows, CheckOutcome.HOLDS)
    assert {"models", "load", "chat", "stateful", "stream", "download_status", "unload"} <= offered
    assert {"extensions", "openai_chat", "anthropic"} <= of(rows, CheckOutcome.NOT_OFFERED)


async def test_nothing_is_loaded_without_leave_and_what_needs_a_model_is_skipped() -> None:
    async with serving() as server:
        rows = await checked(server.address, load=False)
        async with Client(server.address) as client:
            assert not any(one.loaded_instances for one in await ModelsApi(client).list_models())
    assert {"load", "chat", "stream", "openai_chat", "unload"} <= of(rows, CheckOutcome.SKIPPED)
    assert {"models", "unknown_model", "missing_field"} <= of(rows, CheckOutcome.HOLDS)


async def test_who_stops_it_leaves_no_model_loaded() -> None:
    async def may_load(_: LoadableModel) -> bool:
        return True

    async with serving() as server, Client(server.address) as client:
        async with aclosing(ServerCheck(client, may_load=may_load).run()) as rows:
            async for row in rows:
                if row.step == "load":
                    assert row.outcome is CheckOutcome.HOLDS
                    break
        assert not any(one.loaded_instances for one in await ModelsApi(client).list_models())


async def test_a_refused_token_is_told_and_never_shown() -> None:
    async with serving(require_authentication=True) as server:
        rows = await checked(server.address, SECRET, load=False)
        assert rows["greeting"].outcome is CheckOutcome.HOLDS
        assert rows["models"].outcome is CheckOutcome.WRONG
        assert "401" in rows["models"].came
        text = report_text(server.address, list(rows.values()))
        assert SECRET not in text
        assert "abcdefghijklmnopqrst" not in text
        assert of(await checked(server.address, LOCAL_KEY, load=False), CheckOutcome.WRONG) == set()


async def test_what_is_wrong_is_told_with_what_was_expected_and_what_came() -> None:
    def answer(line: str) -> bytes:
        if "greeting" in line:
            return response(b'{"lmstudio": true}')
        if "/api/v1/models " in line:
            return response(b'{"models": [{"type": "llm", "key": "a"}]}')
        return response(b'{"authorization": "Bearer top-secret-word-of-somebody"}')

    async with raw_server(answer) as server:
        rows = await checked(server.address)
    assert rows["models"].outcome is CheckOutcome.WRONG
    assert rows["models"].expected == "a model with “size_bytes”"
    assert '"key": "a"' in rows["models"].came
    assert rows["unknown_route"].expected.startswith("status 404")
    assert verdict(list(rows.values())) is CheckOutcome.WRONG
    text = report_text("a server", list(rows.values()))
    assert "expected: a model" in text
    assert "top-secret-word-of-somebody" not in text


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"[[[[", b'{"models": 3}', b'{"models": [null]}', b'"x"', b"\xff" * 9, b"[" * 100_000]
)
async def test_odd_answers_are_wrong_and_nothing_breaks(body: bytes) -> None:
    async with raw_server(response(body)) as server:
        rows = await checked(server.address)
    assert rows["models"].outcome is CheckOutcome.WRONG
    assert not of(rows, CheckOutcome.HOLDS)


async def test_where_nobody_answers_that_is_said_at_once() -> None:
    with pytest.raises(UnreachableError):
        await checked("http://127.0.0.1:9")


async def test_every_check_has_a_name_of_its_own() -> None:
    async def never(_: LoadableModel) -> bool:
        return False

    async with Client("http://127.0.0.1:9") as client:
        steps: list[Any] = list(ServerCheck(client, may_load=never).steps)
    assert len({step for step, *_ in steps}) == len({title for _, title, *_ in steps}) == len(steps) == 22
