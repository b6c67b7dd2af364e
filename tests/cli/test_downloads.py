"""Getting, importing and removing models from the terminal, against a hub without the internet."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.paths import app_paths
from tests.cli.conftest import PROGRAM, Shell, shell_at
from tests.stands.hub import StandHub, stand_hub
from tests.stands.plain_server import plain_server
from tests.stands.terminal import Terminal
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import wait_until

REPO = "acme/Tiny-GGUF"
MIB = 2**20


@pytest.fixture(scope="module")
def module_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandHub]:
    """A hub with a model in three quantizations."""
    tiny = write_tiny_llama(tmp_path_factory.mktemp("hub") / "tiny.gguf").read_bytes()
    with stand_hub() as hub:
        hub.add(REPO, {f"Tiny-{name}.gguf": tiny for name in ("Q8_0", "Q4_K_M", "Q2_K")})
        hub.add("acme/Other-GGUF", {"Other-Q4_K_M.gguf": os.urandom(6 * MIB)})
        yield hub


@pytest.fixture(scope="module")
def hub_shell(tmp_path_factory: pytest.TempPathFactory, module_hub: StandHub) -> Iterator[Shell]:
    """The module's server, which knows the hub."""
    with shell_at(tmp_path_factory.mktemp("home"), HF_ENDPOINT=module_hub.endpoint) as shell:
        shell.start_server()
        yield shell


@pytest.fixture
def shell(hub_shell: Shell) -> Iterator[Shell]:
    """The module's server, with nothing downloaded."""
    yield hub_shell
    for command in (("unload", "--all"), ("cancel", "--all"), ("cancel", "--finished")):
        assert hub_shell.run(*command).returncode == 0
    shutil.rmtree(hub_shell.paths.models, ignore_errors=True)


@pytest.fixture
def hub(module_hub: StandHub) -> Iterator[StandHub]:
    """The module's hub, fast again at the end."""
    yield module_hub
    module_hub.wrong.bytes_per_second = 0


def files(shell: Shell) -> list[str]:
    folder = shell.paths.models
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_get_downloads_a_model_that_answers(shell: Shell, hub: StandHub) -> None:
    done = shell.run("get", REPO)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"Downloaded {REPO} to .*/acme/Tiny-GGUF\.\n", done.stdout)
    assert files(shell) == ["acme/Tiny-GGUF/Tiny-Q4_K_M.gguf"]
    assert "acme/tiny" in shell.run("ls").stdout
    assert shell.run("chat", "acme/tiny", "-p", "hello", "--max-tokens", "4").returncode == 0
    again = shell.run("get", REPO)
    assert again.stdout == f"{REPO} is downloaded already.\n"


def test_a_quantization_a_link_and_json(shell: Shell, hub: StandHub) -> None:
    job = shell.json("get", REPO, "--quant", "q8_0", "--yes")
    assert (job["state"], job["quantization"]) == ("completed", "Q8_0")
    job = shell.json("get", f"{hub.endpoint}/{REPO}", "--quant", "Q2_K")
    assert job["quantization"] == "Q2_K"
    listed = shell.json("downloads")
    assert [(entry["quantization"], entry["state"]) for entry in listed] == [
        ("Q8_0", "completed"),
        ("Q2_K", "completed"),
    ]
    assert re.search(rf"{REPO}\s+Q8_0\s+.*100 %\s+completed", shell.run("downloads").stdout)
    assert shell.run("cancel", "--finished").returncode == 0
    assert shell.json("downloads") == []
    assert len(files(shell)) == 2


def test_what_can_not_be_had_is_told(shell: Shell, hub: StandHub) -> None:
    for arguments, words in (
        (["get", "acme/none"], "There is no 'acme/none'"),
        (["get", REPO, "--quant", "q9"], "There is no q9 of this model. There is Q"),
        (["get", "https://example.com/x/y"], "not the link of a repository"),
        (["pause", "job_0000000000"], "No download 'job_0000000000' is known"),
        (["rm", "acme/none", "--yes"], "No model 'acme/none' is known"),
        (["import", "/nowhere.gguf"], "There is no file /nowhere.gguf"),
    ):
        done = shell.run(*arguments)
        assert done.returncode == 1, arguments
        assert words in done.stderr.replace("\n", " ")
    assert shell.run("pause").returncode == 2


def test_search_lists_the_catalog_and_the_hub(shell: Shell, hub: StandHub) -> None:
    done = shell.run("get", "tiny")
    assert REPO in done.stdout
    assert "studiolo get NAME" in done.stderr
    found = shell.json("get", "--search", "qwen3-8b")
    assert found[0]["name"] == "qwen/qwen3-8b"
    assert found[0]["source"] == "catalog"
    assert "fits this machine" in shell.run("get").stdout


def test_choosing_by_hand(shell: Shell, hub: StandHub) -> None:
    with Terminal([*PROGRAM, "get", "tiny"], shell.variables) as terminal:
        terminal.expect("Which one")
        terminal.keys("2\r")
        place = terminal.expect("Which one, 0 for none")
        assert re.search(r"Q2_K\s+\S+ \wB\s+fits \(", terminal.text)
        assert re.search(r"Q4_K_M.*← usual", terminal.text)
        terminal.keys("\r")
        terminal.expect(f"Downloaded {REPO} to", after=place)
        assert terminal.wait(10) == 0
    assert files(shell) == ["acme/Tiny-GGUF/Tiny-Q4_K_M.gguf"]


def test_of_two_files_with_one_quantization_the_chosen_one_comes(shell: Shell, hub: StandHub) -> None:
    hub.add("acme/Pair-GGUF", {f"Pair-{name}-Q4_K_M.gguf": os.urandom(MIB) for name in ("Base", "Chat")})
    with Terminal([*PROGRAM, "get", "acme/Pair-GGUF"], shell.variables) as terminal:
        terminal.expect("Which one, 0 for none")
        terminal.keys("2\r")
        terminal.expect("Downloaded acme/Pair-GGUF to")
        assert terminal.wait(10) == 0
    assert files(shell) == ["acme/Pair-GGUF/Pair-Chat-Q4_K_M.gguf"]


@pytest.mark.parametrize(("key", "state"), [("l", "downloading"), ("p", "paused"), ("c", None)])
def test_ctrl_c_asks_what_becomes_of_it(shell: Shell, hub: StandHub, key: str, state: str | None) -> None:
    hub.wrong.bytes_per_second = MIB
    with Terminal([*PROGRAM, "get", "acme/Other-GGUF@q4_k_m"], shell.variables) as terminal:
        terminal.expect("MB/s")
        terminal.keys("\x03")
        terminal.expect("wait on")
        terminal.keys(f"{key}\r")
        assert terminal.wait(20) == 130
    states = [job["state"] for job in shell.json("downloads")]
    assert states == ([state] if state else [])
    if state:
        hub.wrong.bytes_per_second = 0
        assert shell.run("resume", "other" if state == "paused" else "--all").returncode == 0
        wait_until(lambda: shell.json("downloads")[0]["state"] == "completed")
    assert files(shell) == (["acme/Other-GGUF/Other-Q4_K_M.gguf"] if state else [])


def test_ctrl_c_without_a_terminal_leaves_it_running(shell: Shell, hub: StandHub) -> None:
    hub.wrong.bytes_per_second = MIB
    process = subprocess.Popen([*PROGRAM, "get", "acme/Other-GGUF"], env=shell.variables, stderr=subprocess.PIPE)
    wait_until(lambda: shell.json("downloads"))
    wait_until(lambda: (shell.json("downloads")[0]["downloaded_bytes"] or 0) > 0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"goes on with it" in said
    assert shell.run("pause", "--all").stdout.startswith("Paused acme/Other-GGUF")
    assert shell.json("downloads")[0]["state"] == "paused"
    assert shell.run("cancel", "other").returncode == 0
    assert files(shell) == []


def test_import_and_rm(shell: Shell, tmp_path: Path) -> None:
    source = write_tiny_llama(tmp_path / "My-Model-Q4_0.gguf")
    assert shell.json("import", str(source)) == {"key": "local/my-model"}
    assert shell.json("import", str(source), "--how", "hardlink", "--as", "me/linked")["key"] == "me/linked"
    assert shell.json("import", str(source), "--how", "symlink", "--as", "me/symbolic")["key"] == "me/symbolic"
    assert source.exists()
    assert shell.json("import", str(source), "--how", "move", "--as", "me/moved")["key"] == "me/moved"
    assert not source.exists()
    keys = {entry["key"] for entry in shell.json("ls")}
    assert {"local/my-model", "me/linked", "me/moved"} <= keys
    (tmp_path / "fake.gguf").write_bytes(b"GGUFnonsense" * 100)
    done = shell.run("import", str(tmp_path / "fake.gguf"))
    assert done.returncode == 1
    assert "fake.gguf can't be used" in done.stderr
    assert shell.run("rm", "me/moved").returncode == 1, "nobody to ask"
    assert shell.run("load", "local/my-model").returncode == 0
    loaded = shell.run("rm", "local/my-model", "--yes")
    assert "is loaded" in loaded.stderr
    assert shell.run("unload").returncode == 0
    assert (
        shell.run("rm", "local/my-model", "me/linked", "--yes").stdout
        == "local/my-model is in the trash.\nme/linked is in the trash.\n"
    )
    assert shell.run("rm", "me/moved", "--yes", "--permanently").stdout == "Deleted me/moved.\n"
    assert [name for name in files(shell) if "moved" not in name and "symbolic" not in name] == []
    starter = shell.run("rm", "huggingfacetb/smollm2-135m-instruct", "--yes")
    assert "comes with Studiolo" in starter.stderr


async def test_rm_at_a_server_without_a_trash_deletes_nothing(shell: Shell) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf")
    async with plain_server() as address:
        done = await asyncio.to_thread(shell.run_process, "rm", "acme/tiny", "--yes", "--host", address)
    assert done.returncode == 1
    assert "no trash" in done.stderr
    assert "--permanently" in done.stderr
