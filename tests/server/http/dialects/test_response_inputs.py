"""What a response was made from, and how much it would be."""

from typing import Any

import httpx
import pytest

from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import RESPONSES, answer_to, prompt_tokens

pytestmark = pytest.mark.asyncio(loop_scope="module")


def texts(items: list[dict[str, Any]]) -> list[str]:
    return [part["text"] for item in items if item["type"] == "message" for part in item["content"]]


async def test_the_input_of_a_response_is_read_back(http: httpx.AsyncClient) -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"at": "it"}'}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "green"}
    said = [{"role": "user", "content": "one"}, call, output, {"role": "user", "content": "two"}]
    first = (await answer_to(http, RESPONSES, input=said))["id"]
    answer = (await http.get(f"{RESPONSES}/{first}/input_items", params={"order": "asc"})).json()
    assert (answer["object"], answer["has_more"]) == ("list", False)
    assert [item["type"] for item in answer["data"]] == [
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert texts(answer["data"]) == ["one", "two"]
    assert (answer["data"][1]["name"], answer["data"][2]["output"]) == ("look", "green")
    assert (answer["first_id"], answer["last_id"]) == (answer["data"][0]["id"], answer["data"][-1]["id"])


async def test_the_conversation_before_it_is_part_of_its_input(http: httpx.AsyncClient) -> None:
    first = await answer_to(http, RESPONSES, says="one")
    second = await answer_to(http, RESPONSES, says="two", previous_response_id=first["id"])
    answer = (await http.get(f"{RESPONSES}/{second['id']}/input_items")).json()
    assert [item["role"] for item in answer["data"]] == ["user", "assistant", "user"]
    assert texts(answer["data"])[0] == "two"


async def test_the_input_is_read_page_by_page(http: httpx.AsyncClient) -> None:
    said = [{"role": "user", "content": str(number)} for number in range(5)]
    response = (await answer_to(http, RESPONSES, input=said))["id"]
    route = f"{RESPONSES}/{response}/input_items"
    page = (await http.get(route, params={"order": "asc", "limit": 3})).json()
    assert (texts(page["data"]), page["has_more"]) == (["0", "1", "2"], True)
    page = (await http.get(route, params={"order": "asc", "limit": 3, "after": page["last_id"]})).json()
    assert (texts(page["data"]), page["has_more"]) == (["3", "4"], False)
    assert (await http.get(route, params={"after": "nothing"})).status_code == 400
    assert (await http.get(route, params={"limit": 0})).status_code == 400


async def test_the_input_of_a_response_that_is_not_kept_is_not_found(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"{RESPONSES}/resp_{'0' * 48}/input_items")).status_code == 404


async def test_the_tokens_of_an_input_are_counted_as_they_will_be(http: httpx.AsyncClient) -> None:
    asked = {"model": TALKER, "input": "How much is it?", "instructions": "Be brief."}
    counted = (await http.post(f"{RESPONSES}/input_tokens", json=asked)).json()
    assert counted["object"] == "response.input_tokens"
    whole = await answer_to(http, RESPONSES, says="How much is it?", instructions="Be brief.")
    assert counted["input_tokens"] == whole["usage"]["input_tokens"] == prompt_tokens(whole)


@pytest.mark.parametrize(
    ("route", "shape"),
    [
        ("/v1/messages/batches", {"type", "error"}),
        ("/v1/batches", {"error"}),
        ("/api/v0/nonsense", {"error"}),
    ],
)
async def test_an_unknown_route_is_told_in_its_dialect_s_shape(
    http: httpx.AsyncClient, route: str, shape: set[str]
) -> None:
    answer = await http.get(route)
    assert (answer.status_code, answer.json().keys()) == (404, shape)
    assert answer.json()["error"]["message"] == f"Unexpected endpoint or method. (GET {route})"
    assert answer.json()["error"]["type"] == ("not_found_error" if "messages" in route else "invalid_request_error")
