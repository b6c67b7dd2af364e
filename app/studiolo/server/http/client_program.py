"""What the program at the other end calls itself, shortened to what a person knows it by."""

import re

from starlette.datastructures import Headers

_MOST_CHARACTERS = 40
_KNOWN = (
    (re.compile(r"\bstudiolo/", re.IGNORECASE), "Studiolo"),
    (re.compile(r"\bclaude-(?:cli|code)\b", re.IGNORECASE), "Claude Code"),
    (re.compile(r"\bcodex[_/-]", re.IGNORECASE), "Codex"),
    (re.compile(r"\bopencode/", re.IGNORECASE), "opencode"),
    (re.compile(r"\bzed/", re.IGNORECASE), "Zed"),
    (re.compile(r"\bobsidian/", re.IGNORECASE), "Obsidian"),
    (re.compile(r"\bcursor/", re.IGNORECASE), "Cursor"),
    (re.compile(r"\bcontinue/", re.IGNORECASE), "Continue"),
    (re.compile(r"\bopen[ -]?webui\b", re.IGNORECASE), "Open WebUI"),
    (re.compile(r"\b(?:vscode|code)/", re.IGNORECASE), "VS Code"),
    (re.compile(r"\baider\b", re.IGNORECASE), "aider"),
    (re.compile(r"\blitellm\b", re.IGNORECASE), "LiteLLM"),
    (re.compile(r"^(?:Async)?OpenAI/Python\b"), "OpenAI for Python"),
    (re.compile(r"^(?:Async)?OpenAI/JS\b"), "OpenAI for JavaScript"),
    (re.compile(r"^(?:Async)?Anthropic/Python\b"), "Anthropic for Python"),
    (re.compile(r"^(?:Async)?Anthropic/JS\b"), "Anthropic for JavaScript"),
    (re.compile(r"^curl/"), "curl"),
    (re.compile(r"^Wget/"), "Wget"),
    (re.compile(r"^python-requests/"), "Python requests"),
    (re.compile(r"^python-httpx/"), "Python httpx"),
    (re.compile(r"\baiohttp/"), "Python aiohttp"),
    (re.compile(r"^PostmanRuntime/"), "Postman"),
    (re.compile(r"^insomnia/", re.IGNORECASE), "Insomnia"),
    # Browsers, which name each other: the ones that the others name come last.
    (re.compile(r"\bEdg/"), "Edge"),
    (re.compile(r"\bFirefox/"), "Firefox"),
    (re.compile(r"\bElectron/"), "Electron"),
    (re.compile(r"\bChrome/"), "Chrome"),
    (re.compile(r"^Mozilla/.*\bSafari/"), "Safari"),
)
_MOST_LOOKED_AT = 300
_UNSEEN = re.compile(r"[^\x20-\x7e]+")


def program_of(headers: Headers) -> str | None:
    """Return the name of the program that sends these headers; None where it does not say."""
    agent = headers.get("user-agent", "")[:_MOST_LOOKED_AT]
    for pattern, name in _KNOWN[:12]:
        if pattern.search(agent):
            return name
    # How programs that are built on a library say what they are, OpenRouter's convention.
    if title := _shown(headers.get("x-title", "")):
        return title
    for pattern, name in _KNOWN[12:]:
        if pattern.search(agent):
            return name
    return _shown(agent.partition("/")[0].partition(" ")[0]) or None


def _shown(text: str) -> str:
    return _UNSEEN.sub("", text).strip()[:_MOST_CHARACTERS]
