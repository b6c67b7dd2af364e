"""Runtimes as they are found on the disk: in the folder of the installed ones, and where a person points."""

import contextlib
import ipaddress
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any, get_args

from studiolo.api.runtimes import BUNDLED, Backend, RuntimeKind
from studiolo.errors import RequestError
from studiolo.server.runtimes.runtime import Runtime
from studiolo.set_aside import DamagedError, read_json

logger = logging.getLogger(__name__)

RUNTIME_FILE = "runtime.json"
"""In the folder of an installed runtime: what it is. It is written last, so a folder without it is not whole."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_EXECUTABLE = "llama-server.exe" if sys.platform == "win32" else "llama-server"
_PLACES = ("", "bin", "build/bin", "build/bin/Release")
"""Where llama.cpp's releases, and those who build it, have their programs."""
_BINDING = "xllamacpp"
_MARKS: tuple[tuple[str, Backend], ...] = (
    ("ggml-cuda", "cuda12"),
    ("ggml-vulkan", "vulkan"),
    ("ggml-hip", "rocm"),
    ("ggml-metal", "metal"),
)
"""What the libraries of a build are called that compute on cards (ggml/src/CMakeLists.txt)."""
_MOST_RPC = 16


def installed_runtime(folder: Path) -> Runtime:
    """Return the runtime that a folder says it has.

    Blocking. Raises FileNotFoundError where the folder is not whole, and DamagedError where it has something else.
    """
    data = read_json(folder / RUNTIME_FILE)
    if not isinstance(data, dict):
        raise DamagedError("it holds no runtime")
    texts = {key: data.get(key, "") for key in ("id", "name", "kind", "build", "backend", "executable", "licence")}
    if odd := next((key for key, value in texts.items() if not isinstance(value, str)), None):
        raise DamagedError(f"'{odd}' is no text")
    if texts["id"] != folder.name or not _ID.fullmatch(folder.name) or folder.name == BUNDLED:
        raise DamagedError("it has another id than its folder's name")
    if texts["kind"] not in get_args(RuntimeKind) or texts["kind"] == BUNDLED:
        raise DamagedError("its kind is not known")
    if texts["backend"] not in get_args(Backend):
        raise DamagedError("its backend is not known")
    return Runtime(
        id=folder.name,
        name=texts["name"] or folder.name,
        kind=texts["kind"],
        build=texts["build"],
        backend=texts["backend"],
        folder=folder,
        executable=_within(folder, texts["executable"]) if texts["kind"] == "llama-server" else None,
        licence=texts["licence"],
    )


def _within(folder: Path, name: str) -> Path:
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve()) and path.is_file()
    except OSError as error:
        raise DamagedError(f"its program can't be looked at: {error.strerror}") from error
    if not name or not inside:
        raise DamagedError("its program is not there")
    return path


def own_runtime(runtime_id: str, name: str, path: Path, rpc: tuple[str, ...]) -> Runtime:
    """Return the runtime at a path that a person named: an executable, or a folder with one or with a binding.

    Blocking. Raises RequestError where there is none.
    """
    executable = _executable_at(path)
    if executable:
        if sys.platform != "win32" and not os.access(executable, os.X_OK):
            raise RequestError(
                f"{executable} may not be executed.",
                param="path",
                code="invalid_value",
                hint=f"Allow it: chmod +x {executable}",
            )
        return Runtime(
            runtime_id,
            name or f"{executable.parent.name}/{executable.name}",
            "llama-server",
            backend=_backend_of(executable.parent),
            folder=executable.parent,
            executable=executable,
            rpc=rpc,
            own=True,
        )
    package = path / _BINDING
    if not (package / "__init__.py").is_file():
        raise RequestError(
            f"There is no runtime at {path}.",
            param="path",
            code="invalid_value",
            hint=f"Name llama.cpp's {_EXECUTABLE}, a folder that has it, or a folder with the package {_BINDING}.",
        )
    if rpc:
        raise RequestError(
            "Only a llama-server can share a model with other machines.", param="rpc", code="invalid_value"
        )
    build = next((one.stem.split("-")[1] for one in path.glob(f"{_BINDING}-*.dist-info")), "")
    return Runtime(
        runtime_id,
        name or path.name,
        "xllamacpp",
        build=build,
        backend=_backend_of(path / f"{_BINDING}.libs", package),
        folder=path,
        own=True,
    )


def _executable_at(path: Path) -> Path | None:
    try:
        if path.is_file():
            return path
        return next((one for place in _PLACES if (one := path / place / _EXECUTABLE).is_file()), None)
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be looked at: {error}.", param="path", code="invalid_value") from error


def _backend_of(*folders: Path) -> Backend:
    names: list[str] = []
    for folder in folders:
        # One that may be entered and not listed has a program that runs all the same.
        with contextlib.suppress(OSError):
            names += [file.name for file in folder.iterdir()]
    return next((backend for mark, backend in _MARKS if any(mark in name for name in names)), "cpu")


def checked_workers(addresses: list[str]) -> tuple[str, ...]:
    """Return addresses of workers as `host:port`. Raises RequestError for one that is none."""
    if len(addresses) > _MOST_RPC:
        raise RequestError(f"A model is shared with {_MOST_RPC} machines at most.", param="rpc", code="invalid_value")
    return tuple(_checked_worker(address.strip()) for address in addresses)


def _checked_worker(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536 and _is_host(host)):
        raise RequestError(
            f"'{address[:100]}' is no address of a worker.",
            param="rpc",
            code="invalid_value",
            hint="Write a name or an IPv4 address, a colon and the port, such as 192.168.1.20:50052.",
        )
    return address


def _is_host(host: str) -> bool:
    # A comma or a space would be another argument's; llama.cpp splits at the last colon and takes no IPv6.
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", host) is not None


def described(runtime: Runtime) -> dict[str, Any]:
    """Return what is kept of a runtime of a person's own."""
    path = runtime.executable or runtime.folder
    return {"id": runtime.id, "path": str(path), "name": runtime.name, "rpc": list(runtime.rpc)}
