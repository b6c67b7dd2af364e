"""Libraries that programs are written with, in the ways that programs use them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.programs.conftest import EMBEDDER, MODEL, Service
from tests.stands.programs import Place, Programs
from tests.stands.scripted_model import REPLY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

_HERE = Path(__file__).parent


def test_openai_for_node_streams_and_runs_tools(programs: Programs, service: Service, place: Place) -> None:
    # Node looks for a package from where the script is.
    script = programs.from_npm("openai") / "openai_for_node.mjs"
    shutil.copy(_HERE / script.name, script)
    ran = place.run(["node", str(script), service.openai, MODEL], place.environment())
    service.check("openai", ran, "/v1/chat/completions", "/v1/responses")
    said = json.loads(ran.said)
    assert (said["finalMessage"]["role"], said["finalMessage"]["content"]) == ("assistant", REPLY)
    completion = said["finalChatCompletion"]
    assert (completion["message"]["content"], completion["finish_reason"]) == (REPLY, "stop")
    assert said["deltas"] > 1
    assert (said["called"], said["afterTools"]) == ([{"city": "Oslo"}], REPLY)
    assert [list(given) for given in said["forced"]] == [["city"]]
    assert [call["function"]["name"] for call in said["forcedMessage"]["tool_calls"]] == ["weather_of_tomorrow"]
    assert said["response"] == REPLY
    assert (said["events"][0], said["events"][-1]) == ("response.created", "response.completed")


def test_langchain_streams_calls_tools_and_embeds(programs: Programs, service: Service, place: Place) -> None:
    python = str(programs.from_pypi("langchain-openai") / "bin" / "python")
    # LangChain counts with a vocabulary that it would download; aider comes with that file.
    (vocabulary,) = programs.from_pypi("aider-chat").glob("lib/python*/site-packages/litellm/**/tokenizers")
    command = [python, str(_HERE / "langchain_client.py"), service.openai, MODEL, EMBEDDER]
    ran = place.run(command, place.environment(TIKTOKEN_CACHE_DIR=str(vocabulary)))
    refused = frozenset({("/v1/embeddings", 400)})
    service.check("langchain-openai", ran, "/v1/chat/completions", "/v1/embeddings", besides=refused)
    said = json.loads(ran.said)
    assert len(said["pieces"]) > 1
    assert "".join(said["pieces"]) == REPLY
    assert (said["call"], said["result"], said["answer"]) == ({"city": "Oslo"}, "Oslo: clear, 4 °C", REPLY)
    assert "check_embedding_ctx_length=False" in said["refusal"]
    assert said["vectors"] == [384, 384]


def test_lmstd_chats_streams_and_manages_models(programs: Programs, service: Service, place: Place) -> None:
    python = str(programs.from_pypi("lmstd") / "bin" / "python")
    ran = place.run([python, str(_HERE / "lmstd_client.py"), service.address, MODEL], place.environment())
    service.check("lmstd", ran, "/api/v1/chat", "/api/v1/models", "/api/v1/models/load", "/api/v1/models/unload")
    said = json.loads(ran.said)
    assert MODEL in said["models"]
    assert said["loaded"] == said["unloaded"]
    assert (said["answer"], said["continued"]) == (REPLY, REPLY)
    assert said["streamed"] == REPLY
    assert (said["events"][0], said["events"][-1]) == ("chat.start", "chat.end")
