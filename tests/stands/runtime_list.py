"""A list of runtimes of the tests' own, signed with a key of their own, and archives as llama.cpp's releases are."""

import hashlib
import io
import json
import runpy
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from studiolo.paths import resource_path
from studiolo.server.runtimes import manifest
from studiolo.server.runtimes.detection.facts import platform_name

SCRIPT = Path(__file__).parents[2] / "packaging" / "sign_runtimes.py"
_script = runpy.run_path(str(SCRIPT))
new_key: Callable[[], str] = _script["new_key"]
sign: Callable[[bytes, str], str] = _script["sign"]
KEY = new_key()
EXECUTABLE = b"#!/bin/sh\necho stand-in\n"


def tar_of(files: Mapping[str, bytes], *, top: str = "llama-b1/", links: Mapping[str, str] | None = None) -> bytes:
    """An archive in which all is in one folder, as in those for Linux. links: by name, where they lead."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        if top:
            folder = tarfile.TarInfo(top)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(top + name)
            entry.size, entry.mode = len(content), 0o755 if name.startswith("llama") else 0o644
            archive.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(top + name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return made.getvalue()


def zip_of(files: Mapping[str, bytes], *, mode: int = stat.S_IFREG | 0o644) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return made.getvalue()


def asset(name: str, content: bytes, **other: Any) -> dict[str, Any]:
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **other}


def entry(*assets: dict[str, Any], release: str = "https://example.invalid/b1/", **other: Any) -> dict[str, Any]:
    return {
        "id": "cpu-b1",
        "name": "llama.cpp b1 (CPU)",
        "build": "b1",
        "backend": "cpu",
        "platform": platform_name(),
        "release": release,
        "executable": "llama-server",
        "licence": "MIT",
        "assets": list(assets) or [asset("llama-b1.tar.gz", b"x")],
        **other,
    }


def list_of(*entries: dict[str, Any], date: str = "2030-01-01", **other: Any) -> bytes:
    return json.dumps({"version": 1, "date": date, "runtimes": list(entries), **other}).encode()


def signed(content: bytes) -> str:
    return sign(content, KEY)


def ship(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes) -> None:
    """Have this be the list that the program brings, with the tests' key."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runtimes.json").write_bytes(content)
    (folder / "runtimes.json.sig").write_text(signed(content))
    (folder / "runtimes.key").write_text(_script["public_key_of"](KEY))
    monkeypatch.setattr(
        manifest, "resource_path", lambda name: folder / name if name.startswith("runtimes.") else resource_path(name)
    )
