"""`studiolo upstream`: other servers are added, shown, checked and removed in the terminal."""

import asyncio

from tests.cli.conftest import Shell
from tests.stands.upstream_stand import upstream_stand

KEY = "sk-typed-by-hand"


async def test_it_is_added_shown_checked_and_removed(module_shell: Shell) -> None:
    async def run(*arguments: str, stdin: str = "") -> str:
        done = await asyncio.to_thread(module_shell.run, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "No other servers yet" in await run("upstream", "ls")
    async with upstream_stand() as stand:
        added = await run("upstream", "add", stand.address, "--name", "GPU box", "--key", stdin=f"{KEY}\n")
        assert "Added GPU box: vLLM 0.32.0." in added
        assert "2,048" in added
        assert stand.asked[-1].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in added
        listed = await run("upstream", "ls")
        assert "GPU box" in listed
        assert "ready" in listed
        assert "on GPU box" in await run("ls")
        assert "smol" not in await run("ps")
        assert "No model is loaded." in await run("unload", "--all")
        checked = await run("upstream", "check", "gpu box")
        assert "smol: with a tool" in checked
        assert "Awesome" in await run("chat", "smol", "-p", "Hello")
        assert "Removed GPU box." in await run("upstream", "rm", "gpu-box")


def test_what_is_wrong_is_said(module_shell: Shell) -> None:
    nobody = module_shell.run("upstream", "add", "127.0.0.1:9")
    assert nobody.returncode == 1
    assert "Nobody listens at" in nobody.stderr
    unknown = module_shell.run("upstream", "check", "nowhere")
    assert unknown.returncode == 1
    assert "No server 'nowhere'" in unknown.stderr
    without = module_shell.run("upstream", "add", "127.0.0.1:9", "--key", stdin="")
    assert "No key was given" in without.stderr
    odd = module_shell.run("upstream", "add", "127.0.0.1:9", "--key", stdin="a key with spaces\n")
    assert odd.returncode == 1
    assert "spaces" not in odd.stderr
