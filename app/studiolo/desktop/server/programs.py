"""How other programs are connected: the exact lines for each, as data. tests/programs has tried most of them.

A snippet is a template: `{address}` is the server's, `{openai}` that with /v1, `{model}` a model's key, `{in_json}` the
same within JSON that a shell quotes, and `{context}` its context in tokens. No token is ever in one: each reads the
environment variable LM_API_TOKEN.
"""

import json
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP

TOKEN_VARIABLE = "LM_API_TOKEN"

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*")
"""A text that means nothing but itself in any of the languages."""

Platform = Literal["linux", "mac", "windows"]
Dialect = Literal["openai", "anthropic"]


@dataclass(frozen=True)
class ProgramSnippet:
    """Lines to be copied.

    Args:
        text: The template.
        language: As pygments calls it.
        file: Where the lines go, by platform; empty: they are typed in a terminal, or are a program of one's own.
        powershell: The same for Windows, where the lines are for a shell.
    """

    text: str
    language: str
    file: dict[Platform, str] | None = None
    powershell: str = ""


@dataclass(frozen=True)
class ConnectableProgram:
    """A program that can use the server.

    Args:
        id: By which it is chosen.
        name: As its makers write it.
        kind: Untranslated; what it is.
        dialect: Of the API, that it speaks.
        snippets: In the order in which they are needed.
        note: Untranslated; what else has to be known. Empty for nothing.
    """

    id: str
    name: str
    kind: Any
    dialect: Dialect
    snippets: Sequence[ProgramSnippet]
    note: Any = ""


def platform_here() -> Platform:
    """Return the platform of this computer."""
    return "windows" if sys.platform == "win32" else "mac" if sys.platform == "darwin" else "linux"


def _in_home(path: str) -> dict[Platform, str]:
    return {"linux": f"~/{path}", "mac": f"~/{path}", "windows": "%USERPROFILE%\\" + path.replace("/", "\\")}


_LIBRARY: Any = QT_TRANSLATE_NOOP("Connect", "Library")
_AGENT: Any = QT_TRANSLATE_NOOP("Connect", "Coding agent")
_EDITOR: Any = QT_TRANSLATE_NOOP("Connect", "Editor")
_CHAT: Any = QT_TRANSLATE_NOOP("Connect", "Chat in the browser")
_TERMINAL: Any = QT_TRANSLATE_NOOP("Connect", "Terminal")

_OPENAI_PYTHON = """\
import os
from openai import OpenAI

client = OpenAI(
    base_url="{openai}",
    api_key=os.environ.get("LM_API_TOKEN", "none"),
)
reply = client.responses.create(
    model="{model}",
    input="Why is the sky blue?",
)
print(reply.output_text)
"""

_OPENAI_NODE = """\
import OpenAI from "openai";

const client = new OpenAI({{
  baseURL: "{openai}",
  apiKey: process.env.LM_API_TOKEN ?? "none",
}});
const reply = await client.responses.create({{
  model: "{model}",
  input: "Why is the sky blue?",
}});
console.log(reply.output_text);
"""

_ANTHROPIC_PYTHON = """\
import os
from anthropic import Anthropic

client = Anthropic(
    base_url="{address}",
    api_key=os.environ.get("LM_API_TOKEN", "none"),
)
message = client.messages.create(
    model="{model}",
    max_tokens=200,
    messages=[{{"role": "user", "content": "Why is the sky blue?"}}],
)
print(message.content[0].text)
"""

_LANGCHAIN = """\
import os
from langchain_openai import ChatOpenAI

chat = ChatOpenAI(
    base_url="{openai}",
    api_key=os.environ.get("LM_API_TOKEN", "none"),
    model="{model}",
)
print(chat.invoke("Why is the sky blue?").content)
"""

_CURL = """\
curl {openai}/chat/completions \\
  -H "Authorization: Bearer $LM_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{
    "model": "{in_json}",
    "messages": [{{"role": "user", "content": "Why is the sky blue?"}}]
  }}'
"""

_CURL_WINDOWS = """\
curl.exe {openai}/chat/completions `
  -H "Authorization: Bearer $env:LM_API_TOKEN" `
  -H "Content-Type: application/json" `
  -d '{{\\"model\\": \\"{in_json}\\", \\"messages\\": [{{\\"role\\": \\"user\\", \\"content\\": \\"Hello\\"}}]}}'
"""

_CLAUDE = """\
export ANTHROPIC_BASE_URL={address}
export ANTHROPIC_AUTH_TOKEN="${{LM_API_TOKEN:-none}}"
export ANTHROPIC_MODEL={model}
export ANTHROPIC_SMALL_FAST_MODEL={model}
claude
"""

_CLAUDE_WINDOWS = """\
$env:ANTHROPIC_BASE_URL = "{address}"
$env:ANTHROPIC_AUTH_TOKEN = if ($env:LM_API_TOKEN) {{ $env:LM_API_TOKEN }} else {{ "none" }}
$env:ANTHROPIC_MODEL = "{model}"
$env:ANTHROPIC_SMALL_FAST_MODEL = "{model}"
claude
"""

_CODEX = """\
model = "{model}"
model_provider = "studiolo"

[model_providers.studiolo]
name = "Studiolo"
base_url = "{openai}"
wire_api = "responses"
env_key = "LM_API_TOKEN"
"""

_OPENCODE = """\
{{
  "$schema": "https://opencode.ai/config.json",
  "model": "studiolo/{model}",
  "small_model": "studiolo/{model}",
  "provider": {{
    "studiolo": {{
      "npm": "@ai-sdk/openai-compatible",
      "name": "Studiolo",
      "options": {{
        "baseURL": "{openai}",
        "apiKey": "{{env:LM_API_TOKEN}}"
      }},
      "models": {{
        "{model}": {{ "name": "{model}", "limit": {{ "context": {context}, "output": 4096 }} }}
      }}
    }}
  }}
}}
"""

_CONTINUE = """\
name: Studiolo
version: 1.0.0
schema: v1
models:
  - name: {model}
    provider: openai
    model: {model}
    apiBase: {openai}
    apiKey: ${{{{ secrets.LM_API_TOKEN }}}}
    roles: [chat, edit, apply]
    capabilities: [tool_use]
"""

_AIDER = """\
export OPENAI_API_BASE={openai}
export OPENAI_API_KEY="${{LM_API_TOKEN:-none}}"
aider --model openai/{model}
"""

_AIDER_WINDOWS = """\
$env:OPENAI_API_BASE = "{openai}"
$env:OPENAI_API_KEY = if ($env:LM_API_TOKEN) {{ $env:LM_API_TOKEN }} else {{ "none" }}
aider --model "openai/{model}"
"""

_ZED = """\
{{
  "language_models": {{
    "openai_compatible": {{
      "Studiolo": {{
        "api_url": "{openai}",
        "available_models": [
          {{ "name": "{model}", "display_name": "{model}", "max_tokens": {context} }}
        ]
      }}
    }}
  }}
}}
"""

_ZED_START = """\
export STUDIOLO_API_KEY="${{LM_API_TOKEN:-none}}"
zed
"""

_ZED_START_WINDOWS = """\
$env:STUDIOLO_API_KEY = if ($env:LM_API_TOKEN) {{ $env:LM_API_TOKEN }} else {{ "none" }}
zed
"""

_OPEN_WEBUI = """\
export OPENAI_API_BASE_URL={openai}
export OPENAI_API_KEY="${{LM_API_TOKEN:-none}}"
open-webui serve
"""

_OPEN_WEBUI_WINDOWS = """\
$env:OPENAI_API_BASE_URL = "{openai}"
$env:OPENAI_API_KEY = if ($env:LM_API_TOKEN) {{ $env:LM_API_TOKEN }} else {{ "none" }}
open-webui serve
"""

PROGRAMS: Sequence[ConnectableProgram] = (
    ConnectableProgram("openai", "OpenAI for Python", _LIBRARY, "openai", [ProgramSnippet(_OPENAI_PYTHON, "python")]),
    ConnectableProgram(
        "openai-node", "OpenAI for Node", _LIBRARY, "openai", [ProgramSnippet(_OPENAI_NODE, "typescript")]
    ),
    ConnectableProgram(
        "anthropic", "Anthropic for Python", _LIBRARY, "anthropic", [ProgramSnippet(_ANTHROPIC_PYTHON, "python")]
    ),
    ConnectableProgram("langchain", "LangChain", _LIBRARY, "openai", [ProgramSnippet(_LANGCHAIN, "python")]),
    ConnectableProgram("curl", "curl", _TERMINAL, "openai", [ProgramSnippet(_CURL, "bash", powershell=_CURL_WINDOWS)]),
    ConnectableProgram(
        "claude-code",
        "Claude Code",
        _AGENT,
        "anthropic",
        [ProgramSnippet(_CLAUDE, "bash", powershell=_CLAUDE_WINDOWS)],
        QT_TRANSLATE_NOOP("Connect", "It sends long prompts: load the model with a context of 32,768 tokens or more."),
    ),
    ConnectableProgram(
        "codex",
        "Codex",
        _AGENT,
        "openai",
        [ProgramSnippet(_CODEX, "toml", _in_home(".codex/config.toml"))],
        QT_TRANSLATE_NOOP("Connect", "It wants LM_API_TOKEN to be set, be it to any text where no token is required."),
    ),
    ConnectableProgram(
        "opencode",
        "opencode",
        _AGENT,
        "openai",
        [ProgramSnippet(_OPENCODE, "json", _in_home(".config/opencode/opencode.json"))],
        QT_TRANSLATE_NOOP("Connect", "For one project alone, the file can be opencode.json in its folder."),
    ),
    ConnectableProgram(
        "continue",
        "Continue",
        _EDITOR,
        "openai",
        [ProgramSnippet(_CONTINUE, "yaml", _in_home(".continue/config.yaml"))],
        QT_TRANSLATE_NOOP(
            "Connect",
            "It reads the token from a line LM_API_TOKEN=… in the file .env beside it; any text will do where no token "
            "is required.",
        ),
    ),
    ConnectableProgram("aider", "aider", _AGENT, "openai", [ProgramSnippet(_AIDER, "bash", powershell=_AIDER_WINDOWS)]),
    ConnectableProgram(
        "zed",
        "Zed",
        _EDITOR,
        "openai",
        [
            ProgramSnippet(
                _ZED,
                "json",
                {
                    "linux": "~/.config/zed/settings.json",
                    "mac": "~/.config/zed/settings.json",
                    "windows": "%APPDATA%\\Zed\\settings.json",
                },
            ),
            ProgramSnippet(_ZED_START, "bash", powershell=_ZED_START_WINDOWS),
        ],
        QT_TRANSLATE_NOOP("Connect", "The key can be given in Zed's own settings of the agent, too."),
    ),
    ConnectableProgram(
        "open-webui",
        "Open WebUI",
        _CHAT,
        "openai",
        [ProgramSnippet(_OPEN_WEBUI, "bash", powershell=_OPEN_WEBUI_WINDOWS)],
        QT_TRANSLATE_NOOP(
            "Connect",
            "In a container, localhost is the container itself: give it this computer's address on the network, and "
            "serve the network.",
        ),
    ),
)

NO_MODEL = "your-model"
"""Stands for the key of a model where the server has none."""
USUAL_CONTEXT = 32768


def filled(snippet: ProgramSnippet, *, address: str, model: str, context: int, platform: Platform) -> str:
    """Return a snippet's lines for a server and a model, whose key is quoted: a stranger's server may have called it.

    Args:
        snippet: The template.
        address: The server's, without a slash at its end.
        model: The model's key; empty if there is none.
        context: Tokens; 0 for what is usual.
        platform: Whose shell the lines are for.
    """
    powershell = platform == "windows" and bool(snippet.powershell)
    template = snippet.powershell if powershell else snippet.text
    language = "powershell" if powershell else snippet.language
    key = model or NO_MODEL
    return template.format(
        address=address,
        openai=f"{address}/v1",
        model=_quoted(key, language),
        in_json=_in_json(key, language),
        context=context or USUAL_CONTEXT,
    )


def _quoted(text: str, language: str) -> str:
    """Return a text as it stands in a language, at the place that the templates have for it."""
    if _PLAIN.fullmatch(text):
        return text
    if language == "bash":
        return shlex.quote(text)
    if language == "powershell":
        return re.sub(r'([`"$\u201c-\u201e])', r"`\1", text)
    inside = json.dumps(text)
    return inside if language == "yaml" else inside[1:-1]


def _in_json(text: str, shell: str) -> str:
    """Return a text within a string of JSON that is itself between single quotes of a shell."""
    inside = json.dumps(text)[1:-1]
    if shell == "powershell":
        # Before each quote that a program is to see, Windows wants backslashes to be doubled.
        return inside.replace("\\", "\\\\").replace("'", "''")
    return inside.replace("'", "'\\''")


def token_line(platform: Platform) -> str:
    """Return the line that sets the variable that all programs here read, with the token left out."""
    if platform == "windows":
        return f'$env:{TOKEN_VARIABLE} = "sk-lm-…"\n'
    return f'export {TOKEN_VARIABLE}="sk-lm-…"\n'
