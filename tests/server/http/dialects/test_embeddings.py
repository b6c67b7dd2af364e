"""Embeddings of the size, and within the length, that there is."""

import base64
import math
import struct
from typing import Any

import httpx
import pytest

from tests.server.http.dialects.requests import EMBEDDINGS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def embedded(http: httpx.AsyncClient, model: str, **more: Any) -> httpx.Response:
    return await http.post(EMBEDDINGS, json={"model": model, "input": "A cat.", **more})


async def vector(http: httpx.AsyncClient, model: str, **more: Any) -> Any:
    return (await embedded(http, model, **more)).json()["data"][0]["embedding"]


@pytest.mark.parametrize("dimensions", [384, 384.0])
async def test_the_model_s_own_size_is_accepted(http: httpx.AsyncClient, embedder: str, dimensions: float) -> None:
    whole = await vector(http, embedder)
    assert await vector(http, embedder, dimensions=dimensions) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("dimensions", [100, 385, 1536])
async def test_another_size_is_refused_by_name_with_the_one_there_is(
    http: httpx.AsyncClient, embedder: str, dimensions: int
) -> None:
    answer = await embedded(http, embedder, dimensions=dimensions)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "dimensions")
    assert "384" in error["message"]


async def test_a_model_made_for_it_is_cut_and_normalised(http: httpx.AsyncClient, cuttable: str) -> None:
    whole, cut = await vector(http, cuttable), await vector(http, cuttable, dimensions=64)
    length = math.hypot(*whole[:64])
    assert cut == pytest.approx([number / length for number in whole[:64]], abs=1e-5)
    packed = base64.b64decode(await vector(http, cuttable, dimensions=64, encoding_format="base64"))
    assert struct.unpack("<64f", packed) == pytest.approx(cut, abs=1e-5)
    assert (await embedded(http, cuttable, dimensions=1024)).status_code == 400


async def test_an_input_that_is_too_long_is_told_in_tokens(http: httpx.AsyncClient, embedder: str) -> None:
    answer = await embedded(http, embedder, input=["short", "word " * 3000])
    message = answer.json()["error"]["message"]
    assert answer.status_code == 400
    assert "3002 tokens" in message
    assert "512" in message
    assert "batch" not in message
