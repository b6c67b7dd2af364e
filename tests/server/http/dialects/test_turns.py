"""Models whose templates demand that user and assistant take turns."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.server.http.dialects.conftest import load
from tests.server.http.dialects.requests import CHAT, MESSAGES, RESPONSES, answer_to, body_for
from tests.stands.serving import RunningServer
from tests.stands.tiny_model import CHAT_TEMPLATE, write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRICT = """
{%- for message in messages if message.role != 'system' %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Roles must take turns.') }}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""As Gemma's: every message counts, and tools have none."""
STRICT_WITH_TOOLS = """
{%- set turn = namespace(number=0) %}
{%- for message in messages if message.role != 'system' %}
    {%- if message.role != 'tool' and not message.tool_calls %}
        {%- if (message.role == 'user') != (turn.number % 2 == 0) %}
            {{- raise_exception('Roles must take turns.') }}
        {%- endif %}
        {%- set turn.number = turn.number + 1 %}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content }}
    {%- for call in message.tool_calls or [] %}{{- call.function | tojson }}{%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""As Mistral's: calls and their results stand between the turns."""
PROUD = "{%- if messages[0].content == 'Hi' %}{{- raise_exception('Say more than that.') }}{%- endif %}"

CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
CONVERSATIONS: list[list[dict[str, Any]]] = [
    [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}],
    [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}],
    [
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "green"},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "And?"},
    ],
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(models: Path, server: RunningServer) -> list[str]:
    """Models with the two kinds of templates."""
    keys = {"acme/strict": STRICT, "acme/strict-with-tools": STRICT_WITH_TOOLS}
    for key, template in keys.items():
        write_tiny_llama(models / key / "strict.gguf", chat_template=template)
    return [await load(server, key) for key in keys]


@pytest.mark.parametrize("messages", CONVERSATIONS)
async def test_a_conversation_without_turns_is_answered(
    http: httpx.AsyncClient, strict: list[str], messages: list[dict[str, Any]]
) -> None:
    for model in strict:
        assert (await answer_to(http, CHAT, model=model, messages=messages))["choices"]


async def test_a_conversation_without_turns_is_answered_in_the_other_dialects(
    http: httpx.AsyncClient, strict: list[str]
) -> None:
    said = CONVERSATIONS[0]
    for model in strict:
        assert (await answer_to(http, RESPONSES, model=model, input=said))["status"] == "incomplete"
        answer = await answer_to(http, MESSAGES, model=model, messages=CONVERSATIONS[1])
        assert answer["usage"]["output_tokens"] > 0
        body = {"model": model, "messages": CONVERSATIONS[1]}
        counted = await http.post(f"{MESSAGES}/count_tokens", json=body)
        assert counted.json()["input_tokens"] > 0
        first = await http.post("/api/v1/chat", json={"model": model, "input": "one", "max_output_tokens": 2})
        assert first.status_code == 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proud(models: Path, server: RunningServer) -> str:
    """A model whose template refuses a greeting."""
    write_tiny_llama(models / "acme" / "proud" / "proud.gguf", chat_template=PROUD + CHAT_TEMPLATE)
    return await load(server, "acme/proud")


async def test_a_template_s_own_words_come_first(http: httpx.AsyncClient, proud: str) -> None:
    answer = await http.post(CHAT, json=body_for(CHAT, model=proud))
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message == "The model's chat template refuses this conversation: Say more than that."
