"""What a proof finds of a runtime: that it says the same as the bundled one, or what is wrong with it, in words."""

import shutil
import sys
from pathlib import Path

import psutil
import pytest

from studiolo.api.runtimes import RuntimeProof
from studiolo.errors import EngineError
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.deaths import RuntimeFailedError, fault_of
from studiolo.server.engine.devices import devices_of
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.engine.proof import prove
from studiolo.server.runtimes.found import own_runtime
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime
from tests.server.engine.test_executable import runtime_at, settings_for
from tests.stands.llama_executable import write_stand
from tests.stands.starter import starter_model
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand is a script with a first line for Unix")

CARD = "Vulkan0: A card (8192 MiB, 8000 MiB free)"


async def _prove(runtime: Runtime, folder: Path, *, seconds: float = 240, model: Path | None = None) -> RuntimeProof:
    model = model or write_tiny_llama(folder / "tiny.gguf")
    return await prove(runtime, model, lambda _stage, _done: None, sockets=folder / "s", step_seconds=seconds)


async def test_one_that_says_the_same_as_the_bundled_one_has_passed(tmp_path: Path) -> None:
    runtime = runtime_at(write_stand(tmp_path / "stand", devices=[CARD]))
    stages: list[tuple[str, float]] = []
    proof = await prove(
        runtime, starter_model(), lambda stage, done: stages.append((stage, done)), sockets=tmp_path / "s"
    )
    assert (proof.passed, proof.problem) == (True, "")
    assert proof.text == " 8, 9, 1"
    assert proof.build == "b9999"
    assert [device.id for device in proof.devices] == ["Vulkan0"]
    assert proof.tokens_per_second
    assert [stage for stage, _ in stages] == ["devices", "load", "processor", "card", "card"]
    assert [done for _, done in stages] == sorted(done for _, done in stages)
    assert stages[-1][1] == 1.0
    assert not list((tmp_path / "s").glob("*")), "nothing is left"


@pytest.mark.parametrize(
    ("how", "problem", "hint"),
    [
        ({"at_load": "illegal"}, "it has instructions that this processor does not know", "a build for this processor"),
        ({"at_load": "on the card: segfault", "devices": [CARD]}, "it crashed (SIGSEGV)", "bundled"),
        (
            {"at_load": "missing"},
            "libvulkan.so.1 is missing",
            "libvulkan1 in Debian and Ubuntu, vulkan-loader in Fedora",
        ),
        ({"at_help": "missing"}, "libvulkan.so.1 is missing", "vulkan-icd-loader in Arch"),
        ({"at_load": "CUDA driver version is insufficient for CUDA runtime version"}, "driver is too old", "Update"),
        (
            {"at_load": "CUDA error: no kernel image is available for execution on the device"},
            "for this card",
            "Vulkan",
        ),
        (
            {"at_help": "./llama-server: /lib/libc.so.6: version `GLIBC_2.99' not found (required by ./llama-server)"},
            "it needs glibc 2.99 (GLIBC), and this system has glibc 2.",
            "older systems",
        ),
        (
            {"at_help": "./llama-server: libllama.so: file too short"},
            "one of its files is damaged",
            "download it again",
        ),
        ({"without": ["--model"]}, "it is no llama-server", "llama-server of llama.cpp"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the packages are those of Linux")
async def test_what_is_wrong_is_said_in_words(tmp_path: Path, how: dict[str, object], problem: str, hint: str) -> None:
    proof = await _prove(runtime_at(write_stand(tmp_path / "stand", **how)), tmp_path)
    assert not proof.passed
    assert problem in proof.problem
    assert hint in proof.hint


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    runtime = runtime_at(write_stand(tmp_path / "stand", at_load="hang", devices=[CARD]))
    proof = await _prove(runtime, tmp_path, seconds=2, model=model)
    assert (proof.passed, proof.problem) == (False, "The runtime 'Stand' can't be used: it hung and was ended.")
    stand = str(runtime.executable)
    assert not [one for one in psutil.process_iter(["cmdline"]) if stand in (one.info["cmdline"] or [])]


async def test_wrong_tokens_are_none_of_a_rounding(tmp_path: Path) -> None:
    other = write_tiny_llama(tmp_path / "other.gguf")
    proof = await _prove(
        runtime_at(write_stand(tmp_path / "stand", other_model=str(other))), tmp_path, model=starter_model()
    )
    assert not proof.passed
    assert "it computes wrongly on the processor: it says '" in proof.problem
    assert "where the bundled one says ' 8, 9, 1'" in proof.problem


@pytest.mark.parametrize(
    "answer",
    ["null", "[]", '{"timings": [1]}', '{"completion_probabilities": 5}', '{"completion_probabilities": [{"x": 1}]}'],
)
async def test_one_that_answers_in_another_way_is_told(tmp_path: Path, answer: str) -> None:
    proof = await _prove(runtime_at(write_stand(tmp_path / "stand", answer=answer)), tmp_path)
    assert "it answers in another way than a llama-server does" in proof.problem


async def test_what_a_program_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    executable = tmp_path / "llama-server"
    executable.write_text("#!/bin/sh\nsleep 617 &\n")
    executable.chmod(0o755)
    proof = await _prove(runtime_at(executable), tmp_path, seconds=2)
    assert not proof.passed
    assert not [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", "617"]]


@pytest.mark.parametrize(
    ("content", "mode", "problem"),
    [
        (b"\x7fELF and no more", 0o755, "it is for another platform, or damaged"),
        (b"#!/no/such/loader\n", 0o755, "the loader that it was built for, is not there"),
        (b"#!/bin/sh\n", 0o644, "it may not be executed"),
        (b"#!/bin/sh\nexit 0\n", 0o755, "it is no llama-server"),
        (None, 0, "its program, or the loader that it was built for, is not there"),
    ],
)
async def test_what_is_no_program_for_this_machine(
    tmp_path: Path, content: bytes | None, mode: int, problem: str
) -> None:
    executable = tmp_path / "llama-server"
    if content is not None:
        executable.write_bytes(content)
        executable.chmod(mode)
    proof = await _prove(runtime_at(executable), tmp_path)
    assert problem in proof.problem


async def test_one_for_cards_that_sees_none_names_the_library_that_is_missing(tmp_path: Path) -> None:
    folder = write_stand(tmp_path / "stand").parent
    runtime = Runtime("v", "V", "llama-server", backend="vulkan", folder=folder, executable=folder / "llama-server")
    proof = await _prove(runtime, tmp_path)
    assert (proof.problem, proof.hint[:39]) == (
        "The runtime 'V' can't be used: it finds no card.",
        "Install the card's Vulkan driver: mesa-",
    )
    (folder / "libggml-vulkan.so").write_bytes(b"")
    proof = await _prove(runtime, tmp_path)
    assert proof.problem == "The runtime 'V' can't be used: one of its files is damaged."


def test_exit_codes_of_windows_are_told_too() -> None:
    for code, words in ((0xC0000135, "library that it needs is missing"), (0xC000001D, "instructions")):
        fault = fault_of(code, [])
        assert fault
        assert words in fault.problem
    assert fault_of(3, []) is None


@pytest.fixture(scope="module")
def binding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the binding that we have, as one of another build would be."""
    import importlib.util

    spec = importlib.util.find_spec("xllamacpp")
    assert spec
    assert spec.origin
    folder = tmp_path_factory.mktemp("binding")
    shutil.copytree(Path(spec.origin).parent, folder / "xllamacpp")
    return folder


async def test_another_build_of_the_binding_is_the_one_that_runs(binding: Path, tmp_path: Path) -> None:
    runtime = own_runtime("own-b", "B", binding, ())
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    engine = await LlamaServer.start(settings_for(model), lambda _: None, sockets=tmp_path / "s", runtime=runtime)
    try:
        if sys.platform == "linux":
            mapped = {one.path for one in psutil.Process(engine.pid).memory_maps() if "xllamacpp" in one.path}
            assert mapped
            assert all(path.startswith(str(binding)) for path in mapped)
        body = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 2}
        assert [chunk async for chunk in engine.stream(CHAT, body)]
    finally:
        await engine.close()
    assert (await _prove(runtime, tmp_path)).passed
    assert await devices_of(runtime) == []
    assert await devices_of(BUNDLED_RUNTIME) == [] or sys.platform == "darwin"


async def test_a_binding_that_tells_other_things_of_devices_says_so(tmp_path: Path) -> None:
    (tmp_path / "xllamacpp").mkdir()
    (tmp_path / "xllamacpp" / "__init__.py").write_text(
        "def get_device_info(): return [dict(name='A', description=1, memory_free='x', memory_total=0, type='GPU')]"
    )
    with pytest.raises(RuntimeFailedError, match="it does not say which devices there are"):
        await devices_of(own_runtime("own-b", "B", tmp_path, ()))


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise ImportError('libcudart.so.12: cannot open shared object file')", "libcudart.so.12 is missing"),
        ("def get_device_info(): return []", "AttributeError: module 'xllamacpp' has no attribute 'CommonParams'"),
        ("import os; os.kill(os.getpid(), 4)", "it has instructions that this processor does not know"),
    ],
)
async def test_a_binding_that_can_not_be_used_says_why(tmp_path: Path, code: str, problem: str) -> None:
    (tmp_path / "xllamacpp").mkdir()
    (tmp_path / "xllamacpp" / "__init__.py").write_text(code)
    runtime = own_runtime("own-b", "B", tmp_path, ())
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    with pytest.raises(RuntimeFailedError) as caught:
        await LlamaServer.start(settings_for(model), lambda _: None, sockets=tmp_path / "s", runtime=runtime)
    assert problem in str(caught.value)


async def test_without_a_model_to_compare_with_there_is_no_proof(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF but no more")
    with pytest.raises(EngineError, match="could not be loaded"):
        await _prove(runtime_at(write_stand(tmp_path / "stand")), tmp_path, model=tmp_path / "x.gguf")
