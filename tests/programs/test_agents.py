"""Agents that write code: each is asked to light a lamp, does it with its own tool, and says what the model answers."""

import pytest

from tests.programs.conftest import CONTEXT_LENGTH, LIT, MODEL, Service
from tests.stands.programs import Place, Programs, write_json
from tests.stands.scripted_model import REPLY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

ASKED = "Light the lamp."

_CODEX = """
model = "{model}"
model_provider = "ours"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.ours]
name = "Ours"
base_url = "{address}"
wire_api = "responses"
"""

_CONTINUE = """
name: ours
version: 1.0.0
schema: v1
models:
  - name: Ours
    provider: openai
    model: {model}
    apiBase: {address}
    apiKey: none
    roles: [chat]
    capabilities: [tool_use]
"""


def lamp(place: Place) -> str:
    """What the tool that the model called has written."""
    return (place.work / "lamp.txt").read_text(encoding="utf-8").strip()


def test_codex_does_what_the_model_says(programs: Programs, service: Service, place: Place) -> None:
    package = programs.from_npm("@openai/codex")
    config = place.home / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_text(_CODEX.format(model=MODEL, address=service.openai), encoding="utf-8")
    ways = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    ran = place.run([str(package / "node_modules/.bin/codex"), "exec", *ways, ASKED], place.environment())
    service.check("@openai/codex", ran, "/v1/responses")
    assert ran.said.strip() == REPLY
    assert lamp(place) == LIT


def test_claude_code_does_what_the_model_says(programs: Programs, service: Service, place: Place) -> None:
    package = programs.from_npm("@anthropic-ai/claude-code")
    environment = place.environment(
        ANTHROPIC_BASE_URL=service.address,
        ANTHROPIC_AUTH_TOKEN="none",
        ANTHROPIC_MODEL=MODEL,
        ANTHROPIC_SMALL_FAST_MODEL=MODEL,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        DISABLE_TELEMETRY="1",
    )
    command = [str(package / "node_modules/.bin/claude"), "-p", ASKED, "--allowedTools", "Bash"]
    ran = place.run(command, environment)
    service.check("@anthropic-ai/claude-code", ran, "/v1/messages")
    assert ran.said.strip() == REPLY
    assert lamp(place) == LIT


def test_opencode_does_what_the_model_says(programs: Programs, service: Service, place: Place) -> None:
    package = programs.from_npm("opencode-ai")
    model = {"name": "Ours", "limit": {"context": CONTEXT_LENGTH, "output": 4096}}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Ours",
        "options": {"baseURL": service.openai, "apiKey": "none"},
        "models": {MODEL: model},
    }
    own = f"ours/{MODEL}"
    config = {"autoupdate": False, "share": "disabled", "provider": {"ours": provider}, "model": own}
    write_json(place.work / "opencode.json", {**config, "small_model": own})
    environment = place.environment(
        OPENCODE_DISABLE_AUTOUPDATE="1",
        OPENCODE_DISABLE_DEFAULT_PLUGINS="1",
        OPENCODE_DISABLE_LSP_DOWNLOAD="1",
        OPENCODE_DISABLE_MODELS_FETCH="1",
    )
    ran = place.run([str(package / "node_modules/.bin/opencode"), "run", ASKED], environment)
    service.check("opencode-ai", ran, "/v1/chat/completions")
    assert REPLY in ran.said
    assert lamp(place) == LIT


def test_continue_does_what_the_model_says(programs: Programs, service: Service, place: Place) -> None:
    package = programs.from_npm("@continuedev/cli")
    config = place.home / "config.yaml"
    config.write_text(_CONTINUE.format(model=MODEL, address=service.openai), encoding="utf-8")
    environment = place.environment(CONTINUE_GLOBAL_DIR=str(place.home / "continue"), CONTINUE_TELEMETRY_ENABLED="0")
    command = [str(package / "node_modules/.bin/cn"), "--config", str(config), "--auto", "-p", ASKED]
    ran = place.run(command, environment)
    service.check("@continuedev/cli", ran, "/v1/chat/completions")
    assert ran.said.strip() == REPLY
    assert lamp(place) == LIT


def test_aider_says_what_the_model_answers(programs: Programs, service: Service, place: Place) -> None:
    """It has no tools: what it does it reads from the answer's text."""
    aider = str(programs.from_pypi("aider-chat") / "bin" / "aider")
    environment = place.environment(
        OPENAI_API_BASE=service.openai, OPENAI_API_KEY="none", LITELLM_LOCAL_MODEL_COST_MAP="True"
    )
    ways = ["--no-git", "--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings"]
    ran = place.run([aider, "--model", f"openai/{MODEL}", *ways, "--no-pretty", "--message", ASKED], environment)
    service.check("aider-chat", ran, "/v1/chat/completions")
    assert REPLY in ran.said
