import re

from tests.cli.conftest import STARTER, Shell
from tests.stands.tiny_model import write_tiny_llama

_SHORT = ("--prompt", "16", "--generate", "4", "--runs", "1")


def test_a_model_is_measured_and_the_result_printed(module_shell: Shell) -> None:
    done = module_shell.run("bench", STARTER, *_SHORT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{STARTER} on ")
    assert re.search(r"^reads +\d+\.\d tokens/s$", done.stdout, re.MULTILINE)
    assert re.search(r"^writes +\d+\.\d tokens/s$", done.stdout, re.MULTILINE)
    result = module_shell.json("bench", STARTER, *_SHORT)
    assert (result["model"], result["prompt_tokens"], result["generated_tokens"]) == (STARTER, 16, 4)


def test_what_can_not_be_measured_is_said(module_shell: Shell) -> None:
    done = module_shell.run("bench", "no/body")
    assert done.returncode == 1
    assert "no/body" in done.stderr
    assert module_shell.run("bench", STARTER, "--prompt", "5").returncode == 2


def test_ways_to_load_a_model_are_measured_and_compared(module_shell: Shell) -> None:
    write_tiny_llama(module_shell.paths.models / "acme" / "quick" / "quick.gguf")
    assert "Nothing was measured of 'acme/quick' yet." in module_shell.run("bench", "acme/quick", "--kept").stderr
    ways = ((), ("--k-cache-type", "f32", "-c", "512"), ("--ngram-speculation", "--repeating"))
    for way in ways:
        assert module_shell.run("bench", "acme/quick", *_SHORT, *way).returncode == 0
    one, dialled, guessed = module_shell.json("bench", "acme/quick", "--kept")
    assert (one["runtime"], one["backend"], one["speculation"], one["repeating"]) == ("bundled", "cpu", "", False)
    assert (dialled["k_cache_type"], dialled["context_length"]) == ("f32", 512)
    assert (guessed["speculation"], guessed["repeating"]) == ("n-gram", True)
    table = module_shell.run("bench", "acme/quick", "--kept").stdout
    assert re.search(r"^bundled \(cpu\) +512 +f32 +f16 +16 ", table, re.MULTILINE)
    assert re.search(r"n-gram +16 repeating", table)
    loaded = [entry["id"] for entry in module_shell.json("ps") if entry["model"] == "acme/quick"]
    assert loaded == ["acme/quick"], "what was loaded for a measurement alone is gone"
