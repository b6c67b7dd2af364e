"""The OpenAPI document over the wire."""

import threading
from typing import Any

import httpx
import pytest

from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.settings import ServerSettingsStore


async def test_it_is_made_beside_the_loop_so_that_no_reply_stands_still() -> None:
    app = build_app(app_paths(), ServerSettingsStore(app_paths().config / "server.json"), local_key="key")
    make, makers = app.api.openapi, []

    def watched() -> dict[str, Any]:
        makers.append(threading.current_thread())
        return make()

    app.api.openapi = watched  # type: ignore[method-assign]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://localhost") as http:
        answer = await http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert {"/api/v1/chat", "/api/v1/server/status"} <= answer.json()["paths"].keys()
    assert "/openapi.json" not in answer.json()["paths"]
    assert makers
    assert threading.main_thread() not in makers


def test_a_route_is_made_in_full_when_it_is_needed_first() -> None:
    app = build_app(app_paths(), ServerSettingsStore(app_paths().config / "server.json"), local_key="key")
    routes = [route for route in app.api.routes if isinstance(route, CheckedRoute)]
    assert len(routes) > 80
    assert not [route.path for route in routes if "dependant" in vars(route)], "a server's start does not wait for it"
    app.api.openapi()
    assert all("dependant" in vars(route) for route in routes)
    with pytest.raises(AttributeError, match="no_such_thing"):
        getattr(routes[0], "no_such_" + "thing")
