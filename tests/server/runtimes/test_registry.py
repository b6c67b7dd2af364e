"""Which runtimes are here and which is used: what is chosen, what is found again, and what is never believed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.errors import NotFoundError, RequestError
from studiolo.paths import Paths
from studiolo.server.runtimes.registry import RUNTIMES_FILE, RuntimeRegistry

_PASSED = RuntimeProof(passed=True, build="b11434", text=" Paris")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(*(tmp_path / name for name in ("data", "config", "cache", "logs", "run")))


def _executable(folder: Path, name: str = "llama-server") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\nexit 1\n")
    file.chmod(0o755)
    return file


def _install(paths: Paths, **other: object) -> Path:
    folder = paths.data / "runtimes" / "vulkan-b11429"
    _executable(folder)
    data = {
        "id": folder.name,
        "name": "Vulkan",
        "kind": "llama-server",
        "build": "b11429",
        "backend": "vulkan",
        "executable": "llama-server",
        "licence": "MIT",
        "sha256": "0" * 64,
    }
    (folder / "runtime.json").write_text(json.dumps(data | other))
    return folder


def test_a_runtime_is_used_once_it_was_proved_and_stays_chosen(paths: Paths) -> None:
    folder = _install(paths)
    registry = RuntimeRegistry(paths)
    assert [runtime.id for runtime in registry.all()] == [BUNDLED, "vulkan-b11429"]
    assert registry.chosen.id == BUNDLED
    with pytest.raises(RequestError, match="it has not been tested"):
        registry.choose("vulkan-b11429")
    registry.note_proof("vulkan-b11429", RuntimeProof(problem="libvulkan.so.1 is missing.", hint="Install libvulkan1."))
    with pytest.raises(RequestError, match=r"libvulkan\.so\.1 is missing\. Install libvulkan1\."):
        registry.choose("vulkan-b11429")
    registry.note_proof("vulkan-b11429", _PASSED)
    registry.choose("vulkan-b11429")
    again = RuntimeRegistry(paths)
    assert (again.chosen.id, again.chosen.executable) == ("vulkan-b11429", folder / "llama-server")
    assert again.proof_of("vulkan-b11429") == _PASSED


@pytest.mark.parametrize("file", ["llama-server", "libggml-vulkan.so.0"])
def test_a_proof_is_one_of_the_files_that_it_saw(paths: Paths, file: str) -> None:
    folder = _install(paths)
    (folder / "libggml-vulkan.so.0").write_text("a build")
    registry = RuntimeRegistry(paths)
    registry.note_proof("vulkan-b11429", _PASSED)
    assert registry.proof_of("vulkan-b11429")
    (folder / file).write_text("another build")
    assert registry.proof_of("vulkan-b11429") is None
    with pytest.raises(RequestError, match="it has not been tested"):
        registry.choose("vulkan-b11429")


def test_what_is_chosen_and_gone_is_told_and_the_bundled_one_used(paths: Paths) -> None:
    folder = _install(paths)
    told: list[str] = []
    registry = RuntimeRegistry(paths, tell=told.append)
    registry.note_proof("vulkan-b11429", _PASSED)
    registry.choose("vulkan-b11429")
    (folder / "runtime.json").unlink()
    registry.rescan()
    assert registry.chosen.id == BUNDLED
    assert registry.fallback == "The runtime 'vulkan-b11429' is not here any more."
    assert told == ["Models are loaded with the bundled runtime: The runtime 'vulkan-b11429' is not here any more."]
    assert registry.chosen.id == BUNDLED
    assert len(told) == 1, "once"
    registry.choose(BUNDLED)
    assert registry.fallback == ""


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"id": "vulkan-b1"}, "another id"),
        ({"kind": "wasm"}, "its kind is not known"),
        ({"kind": "bundled"}, "its kind is not known"),
        ({"backend": "abacus"}, "its backend is not known"),
        ({"executable": "../../../bin/sh"}, "its program is not there"),
        ({"executable": "/bin/sh"}, "its program is not there"),
        ({"executable": ""}, "its program is not there"),
        ({"executable": 5}, "'executable' is no text"),
    ],
)
def test_what_says_something_else_than_it_is_is_no_runtime(paths: Paths, other: dict[str, object], why: str) -> None:
    folder = _install(paths, **other)
    told: list[str] = []
    assert [runtime.id for runtime in RuntimeRegistry(paths, tell=told.append).all()] == [BUNDLED]
    assert why in told[0]
    assert any(folder.glob("runtime.json.broken-*")), "it is kept"


def test_a_folder_that_is_not_whole_is_no_runtime_and_no_damage(paths: Paths) -> None:
    (_install(paths) / "runtime.json").unlink()
    told: list[str] = []
    assert len(RuntimeRegistry(paths, tell=told.append).all()) == 1
    assert not told


def test_an_executable_of_ones_own_is_a_runtime_and_never_deleted(paths: Paths, tmp_path: Path) -> None:
    executable = _executable(tmp_path / "llama.cpp" / "build" / "bin")
    (executable.parent / "libggml-cuda.so").touch()
    registry = RuntimeRegistry(paths)
    added = registry.add(str(tmp_path / "llama.cpp"), None, ["192.168.1.20:50052", "box:50052"])
    assert (added.id, added.kind, added.backend, added.executable) == (
        "own-bin-llama-server",
        "llama-server",
        "cuda12",
        executable,
    )
    second = registry.add(str(executable), "Mine", [])
    assert (second.id, second.name) == ("own-mine", "Mine")
    registry.note_proof(second.id, _PASSED)
    registry.choose(second.id)
    again = RuntimeRegistry(paths)
    assert [one.id for one in again.all()] == [BUNDLED, "own-bin-llama-server", "own-mine"]
    assert again.get("own-bin-llama-server").rpc == ("192.168.1.20:50052", "box:50052")
    assert again.chosen.build == "b11434", "as the proof found it"
    with pytest.raises(RequestError, match="is in use"):
        again.remove_own("own-mine")
    again.choose(BUNDLED)
    again.remove_own("own-mine")
    assert executable.exists()
    with pytest.raises(NotFoundError):
        RuntimeRegistry(paths).get("own-mine")


def test_a_folder_with_another_binding_is_a_runtime(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "gpu" / "xllamacpp").mkdir(parents=True)
    (tmp_path / "gpu" / "xllamacpp" / "__init__.py").touch()
    (tmp_path / "gpu" / "xllamacpp-0.2.10.dist-info").mkdir()
    (tmp_path / "gpu" / "xllamacpp.libs").mkdir()
    (tmp_path / "gpu" / "xllamacpp.libs" / "libggml-vulkan-1.so").touch()
    registry = RuntimeRegistry(paths)
    added = registry.add(str(tmp_path / "gpu"), None, [])
    assert (added.kind, added.build, added.backend) == ("xllamacpp", "0.2.10", "vulkan")
    with pytest.raises(RequestError, match="Only a llama-server"):
        registry.add(str(tmp_path / "gpu"), None, ["box:1"])


@pytest.mark.parametrize(
    "address", ["box", "box:", ":5", "box:0", "box:70000", "a,b:5", "a b:5", "[::1]:5", "1.2.3:5", "box:5,c:6", "-h:5"]
)
def test_no_address_of_a_worker(paths: Paths, tmp_path: Path, address: str) -> None:
    with pytest.raises(RequestError, match="is no address of a worker"):
        RuntimeRegistry(paths).add(str(_executable(tmp_path)), None, [address])


def test_what_can_t_be_run_is_not_added(paths: Paths, tmp_path: Path) -> None:
    registry = RuntimeRegistry(paths)
    with pytest.raises(RequestError, match="There is no runtime at"):
        registry.add(str(tmp_path / "nothing"), None, [])
    with pytest.raises(RequestError, match="is no absolute path"):
        registry.add("llama-server", None, [])
    with pytest.raises(RequestError, match="is no absolute path"):
        registry.add("~nobody-of-this-name/llama-server", None, [])
    if os.name == "posix":
        _executable(tmp_path).chmod(0o644)
        with pytest.raises(RequestError, match="may not be executed"):
            registry.add(str(tmp_path), None, [])


def test_a_folder_that_may_be_entered_and_not_listed_keeps_no_runtime_from_being_one(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _executable(tmp_path / "closed")
    listed = Path.iterdir

    def iterdir(folder: Path) -> Iterator[Path]:
        if folder == file.parent:
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    runtime = RuntimeRegistry(paths).add(str(file), "Closed", [])
    assert RuntimeRegistry(paths).get(runtime.id).executable == file


def test_one_of_a_person_s_own_that_is_gone_can_be_forgotten(paths: Paths, tmp_path: Path) -> None:
    runtime = RuntimeRegistry(paths).add(str(_executable(tmp_path / "own")), "Own", [])
    (tmp_path / "own" / "llama-server").unlink()
    registry = RuntimeRegistry(paths)
    assert [one.id for one in registry.all()] == [BUNDLED]
    registry.remove_own(runtime.id)
    assert json.loads((paths.config / RUNTIMES_FILE).read_text())["own"] == []
    with pytest.raises(NotFoundError):
        registry.remove_own(runtime.id)
    with pytest.raises(RequestError, match="none of your own"):
        registry.remove_own(BUNDLED)


def test_what_a_later_version_wrote_is_kept_and_what_is_odd_left_out(paths: Paths, tmp_path: Path) -> None:
    paths.config.mkdir()
    file = paths.config / RUNTIMES_FILE
    mine = {"id": "own-mine", "path": str(_executable(tmp_path)), "name": "Mine", "rpc": []}
    file.write_text(json.dumps({"own": [mine, 5], "chosen": [], "proofs": 7, "from_the_future": {"a": 1}}))
    told: list[str] = []
    registry = RuntimeRegistry(paths, tell=told.append)
    assert [one.id for one in registry.all()] == [BUNDLED, "own-mine"]
    assert "own and chosen and proofs can't be used" in told[0]
    registry.choose(BUNDLED)
    assert json.loads(file.read_text()) == {"own": [mine], "chosen": BUNDLED, "from_the_future": {"a": 1}}
