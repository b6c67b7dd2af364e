import re
import shutil
from pathlib import Path

import pytest

from studiolo.api.load_dials import LoadDials
from tests.cli.conftest import PROGRAM, STARTER, Shell
from tests.stands.terminal import Terminal
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture
def empty(module_shell: Shell) -> Shell:
    """The module's server, with nothing loaded."""
    assert module_shell.run("unload", "--all").returncode == 0
    return module_shell


def test_ls_starts_a_server_and_says_so(shell: Shell) -> None:
    done = shell.run_process("ls")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{STARTER}\s+135M\s+Q4_1\s+98\.4 MB\s*$", done.stdout, re.MULTILINE)
    address = f"http://127.0.0.1:{shell.json('server', 'status')['port']}"
    assert f"It listens on {address} until `studiolo server stop`." in done.stderr
    assert shell.run("ls").stderr == "", "the second time it runs already"


def test_a_broken_file_is_listed_with_its_reason(module_shell: Shell) -> None:
    shell = module_shell
    folder = shell.paths.models / "someone" / "broken"
    folder.mkdir(parents=True)
    (folder / "broken.gguf").write_bytes(b"GGUF, or so it says")
    line = next(line for line in shell.run("ls").stdout.splitlines() if "someone/broken" in line)
    assert "broken: " in line
    entry = next(entry for entry in shell.json("ls") if entry["key"] == "someone/broken")
    assert entry["error"] in line
    assert shell.run("load", "someone/broken").returncode == 1
    shutil.rmtree(folder)


def test_load_ps_unload(empty: Shell) -> None:
    assert empty.json("ps") == []
    loaded = empty.run("load", STARTER, "--context-length", "1024")
    assert loaded.returncode == 0, loaded.stderr
    assert re.fullmatch(rf"Loaded {STARTER} in \d+\.\d s\.\n", loaded.stdout)
    assert loaded.stderr == "", "no progress bar where nobody looks"

    [instance] = empty.json("ps")
    assert instance["id"] == instance["model"] == STARTER
    assert instance["config"]["context_length"] == 1024
    assert re.search(rf"^{STARTER}\s+{STARTER}\s+1024\s", empty.run("ps").stdout, re.MULTILINE)
    assert re.search(rf"{STARTER}.*● loaded", empty.run("ls").stdout)

    assert empty.run("unload").stdout == f"Unloaded {STARTER}.\n"
    assert empty.json("ps") == []


def test_a_second_instance_and_unload_all(empty: Shell) -> None:
    first = empty.json("load", STARTER, "--context-length", "512")
    second = empty.json("load", STARTER, "--context-length", "1024")
    assert [first["instance_id"], second["instance_id"]] == [STARTER, f"{STARTER}:2"]
    assert second["load_config"]["context_length"] == 1024

    which = empty.run("unload")
    assert which.returncode == 1
    assert f"{STARTER}:2" in which.stderr
    assert empty.json("unload", f"{STARTER}:2") == {"unloaded": [f"{STARTER}:2"]}
    assert empty.json("unload", "--all") == {"unloaded": [STARTER]}
    assert empty.json("unload", "--all") == {"unloaded": []}


def test_what_is_not_there_is_named(empty: Shell) -> None:
    for arguments in (("load", "no/such-model"), ("unload", "no/such-model"), ("chat", "no/such-model", "-p", "x")):
        done = empty.run(*arguments)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "no/such-model" in done.stderr
    assert empty.run("unload").returncode == 1


def test_loading_shows_its_progress_in_a_terminal(empty: Shell) -> None:
    with Terminal([*PROGRAM, "load", STARTER], empty.variables) as terminal:
        assert terminal.wait() == 0
    assert re.search(rf"Loading {STARTER} .*\d+%", terminal.text)
    assert f"Loaded {STARTER} in" in terminal.text


def test_every_dial_is_an_option_of_load_and_ps_tells_them(empty: Shell, tmp_path: Path) -> None:
    write_tiny_llama(empty.paths.models / "acme" / "dialled" / "dialled.gguf")
    template = tmp_path / "plain.jinja"
    template.write_text("{{ messages[0]['content'] }}", encoding="utf-8")
    chosen = (
        "-c",
        "512",
        "--k-cache-type",
        "f32",
        "--no-mmap",
        "--ngram-speculation",
        "--parallel",
        "2",
        "--seed",
        "7",
    )
    loaded = empty.json("load", "acme/dialled", *chosen, "--chat-template", str(template))
    config = loaded["load_config"]
    assert {name: config[name] for name in ("context_length", "k_cache_type", "use_mmap", "parallel", "seed")} == {
        "context_length": 512,
        "k_cache_type": "f32",
        "use_mmap": False,
        "parallel": 2,
        "seed": 7,
    }
    assert config["ngram_speculation"] is config["own_chat_template"] is True
    assert "keys f32, n-gram drafts, own template" in empty.run("ps").stdout
    assert empty.json("unload", "--all") == {"unloaded": ["acme/dialled"]}
    text = empty.run("load", "--help").stdout
    missing = [name for name in LoadDials.model_fields if _flag(name) not in text]
    assert missing == []


def _flag(name: str) -> str:
    return {"loras": "--lora", "use_mmap": "--mmap", "use_mlock": "--mlock"}.get(name, "--" + name.replace("_", "-"))[
        :30
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--k-cache-type", "q9"), "--k-cache-type: "),
        (("--device-split", "a,b"), "can't be read"),
        (("--chat-template", "no/such/file"), "can't be read"),
        (("--gpu-layers", "5"), "'gpu_layers' is about a graphics card"),
        (("--draft-max", "5"), "Nothing proposes tokens"),
        (("--lora", "/no/a=b/such.gguf"), "/no/a=b/such.gguf can't be used"),
        (("--lora", "/no/a=b/such.gguf=0.5"), "/no/a=b/such.gguf can't be used"),
    ],
)
def test_a_dial_that_can_not_be_is_named(empty: Shell, options: tuple[str, ...], told: str) -> None:
    done = empty.run("load", STARTER, *options)
    assert done.returncode == 1
    assert told in done.stderr
