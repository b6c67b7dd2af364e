"""The setting that lets an unknown name mean the model that is loaded."""

import pytest

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from tests.stands.plain_http import http_client
from tests.stands.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_the_setting_off_names_mean_what_they_say(tiny: str) -> None:
    async with serving(answer_to_any_name=False) as running, Client(running.address) as client:
        await ModelsApi(client).load(LoadRequest(model=tiny))
        async with http_client(running.address, timeout=60) as http:
            body = {"model": "local-model", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 3}
            statuses = [
                (await http.post(route, json=body)).status_code for route in ("/v1/chat/completions", "/v1/messages")
            ]
    assert statuses == [400, 404]
