"""Error bodies as in spec section 5, read off the wire."""

from typing import Any

import httpx
import pytest

from tests.stands.starter import STARTER

pytestmark = pytest.mark.asyncio(loop_scope="module")


def chat(**more: object) -> dict[str, Any]:
    return {"model": STARTER, "input": "x", **more}


@pytest.mark.parametrize(
    ("path", "body", "code", "param", "words"),
    [
        ("chat", {"input": "x"}, "missing_required_parameter", "model", '"model" is required'),
        ("chat", {"model": "x"}, "missing_required_parameter", "input", '"input" is required'),
        ("chat", chat(ttl=5), "unrecognized_keys", "ttl", "'ttl'"),
        ("chat", chat(temperature="hot"), "invalid_value", "temperature", "temperature"),
        ("chat", chat(temperature=3), "invalid_value", "temperature", "temperature"),
        ("chat", chat(reasoning="much"), "invalid_enum_value", "reasoning", "reasoning"),
        ("chat", chat(input=[{"type": "video"}]), "invalid_union", "input.0", "input.0"),
        ("chat", chat(input=[{"type": "text"}]), "missing_required_parameter", "input.0.content", "input.0.content"),
        ("chat", chat(previous_response_id="nope"), "invalid_value", "previous_response_id", "previous_response_id"),
        ("chat", chat(max_output_tokens=0), "invalid_value", "max_output_tokens", "max_output_tokens"),
        ("models/load", {}, "missing_required_parameter", "model", '"model" is required'),
        ("models/load", {"model": "x", "gpu": 1}, "unrecognized_keys", "gpu", "'gpu'"),
        ("models/unload", {}, "missing_required_parameter", "instance_id", '"instance_id" is required'),
    ],
)
async def test_a_body_that_is_not_right_is_refused_by_name(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], code: str, param: str, words: str
) -> None:
    answer = await http.post(f"/api/v1/{path}", json=body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["type"] == "invalid_request"
    assert (error["code"], error["param"]) == (code, param)
    assert words in error["message"]


async def test_a_body_that_is_not_json(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/chat", content=b"{nope", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    answer = await http.post("/api/v1/chat", content=b"", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_another_content_type_is_refused(http: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await http.post("/api/v1/chat", content=b'{"model": "x", "input": "x"}', headers=headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]["message"]


async def test_unknown_models_instances_and_jobs(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/chat", json=chat(model="no/model"))
    assert answer.status_code == 404
    assert answer.json()["error"] | {"message": ""} == {
        "message": "",
        "type": "invalid_request",
        "param": "model",
        "code": "model_not_found",
    }
    answer = await http.post("/api/v1/models/load", json={"model": "no/model"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "model_not_found")
    answer = await http.post("/api/v1/models/unload", json={"instance_id": "no/model"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "model_not_found")
    assert answer.json()["error"]["message"].endswith("is not loaded.")


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/x"), ("GET", "/nothing"), ("DELETE", "/api/v1/models")])
async def test_an_unknown_route_says_so_in_the_real_servers_words(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == {"error": f"Unexpected endpoint or method. ({method} {path})"}


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/server", "/lmstudio-greeting", "/openapi.json"])
async def test_head_answers_wherever_get_does(http: httpx.AsyncClient, path: str) -> None:
    got, head = await http.get(path), await http.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_a_token_that_nobody_asked_for_is_ignored(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/models", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200


async def test_extensions_are_announced_and_marked(http: httpx.AsyncClient) -> None:
    assert (await http.get("/lmstudio-greeting")).json() == {"lmstudio": True}
    info = (await http.get("/api/v1/server")).json()
    assert info["name"] == "studiolo"
    assert "load_progress" in info["capabilities"]
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert paths["/api/v1/server"]["get"]["x-extension"] is True
    assert "x-extension" not in paths["/api/v1/chat"]["post"]
    assert "ChatRequest" in str(paths["/api/v1/chat"]["post"]["requestBody"])
