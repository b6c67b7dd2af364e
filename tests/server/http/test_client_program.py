"""What programs call themselves, as they really do, and what is made of it."""

import pytest
from starlette.datastructures import Headers

from studiolo.server.http.client_program import program_of

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("studiolo/0.9.0", "Studiolo"),
        ("claude-cli/1.0.83 (external, cli)", "Claude Code"),
        ("codex_cli_rs/0.40.0 (Debian 12; x86_64)", "Codex"),
        ("opencode/0.5.1", "opencode"),
        ("Zed/0.200.0 (linux; x86_64)", "Zed"),
        ("AsyncOpenAI/Python 1.99.0", "OpenAI for Python"),
        ("OpenAI/JS 5.12.0", "OpenAI for JavaScript"),
        ("Anthropic/Python 0.64.0", "Anthropic for Python"),
        ("curl/8.5.0", "curl"),
        ("Python/3.11 aiohttp/3.12.15", "Python aiohttp"),
        (_BROWSER + "obsidian/1.8.10 Chrome/132.0.0.0 Electron/34.3.0 Safari/537.36", "Obsidian"),
        (_BROWSER + "Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0", "Edge"),
        (_BROWSER + "Chrome/139.0.0.0 Safari/537.36", "Chrome"),
        ("my-tool/2.0 (linux)", "my-tool"),
        ("x" * 5000, "x" * 40),
        ("\x1b[31mred/1", "[31mred"),
        ("", None),
    ],
)
def test_a_program_is_known_by_what_it_says(agent: str, program: str | None) -> None:
    assert program_of(Headers({"user-agent": agent})) == program


def test_what_is_built_on_a_library_may_say_its_own_name() -> None:
    said = {"user-agent": "OpenAI/JS 5.12.0", "x-title": " Note\ntaker \x85"}
    assert program_of(Headers(said)) == "Notetaker"
    assert program_of(Headers({"user-agent": "claude-cli/1.0", "x-title": "x"})) == "Claude Code"
