"""The list of runtimes: ours is signed and sound, another one takes its place only if it is, and newer."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studiolo.errors import NotFoundError, ProtocolError, StorageError
from studiolo.paths import resource_path
from studiolo.server.runtimes.manifest import ManifestKeeper, read_manifest
from studiolo.server.runtimes.signature import check_signature
from tests.stands.runtime_list import SCRIPT, asset, entry, list_of, new_key, ship, sign, signed

# RFC 8032, section 7.1, test 2: whoever checks signatures by it is content with ours.
_RFC_KEY = base64.b64encode(bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")).decode()
_RFC_SIGNATURE = base64.b64encode(
    bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
).decode()


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ManifestKeeper:
    """With a list of the tests as the one that the program brings."""
    ship(monkeypatch, tmp_path / "resources", list_of(entry(), date="2030-01-01"))
    return ManifestKeeper(tmp_path / "data" / "runtime_manifest.json")


def test_ours_is_signed_and_names_llama_cpp_s_own_files() -> None:
    content = resource_path("runtimes.json").read_bytes()
    ours = read_manifest(content, resource_path("runtimes.json.sig").read_text())
    assert len({(one.id, one.platform) for one in ours.runtimes}) == len(ours.runtimes) >= 18
    assert {one.platform for one in ours.runtimes} >= {"linux-x64", "windows-x64", "macos-arm64"}
    for one in ours.runtimes:
        assert one.release == f"https://github.com/ggml-org/llama.cpp/releases/download/{one.build}/"
        assert all(one.build in file.name or file.name.startswith("cudart-llama-bin-win") for file in one.assets)
        assert one.source
        assert one.licence
        assert bool(one.driver and one.toolkit and one.compute) == (one.backend in ("cuda12", "cuda13"))
        assert bool(one.glibc) == one.platform.startswith("linux")
    assert "private" not in content.decode().lower()


def test_a_signature_is_checked_by_the_rfc_s_own_figures() -> None:
    check_signature(b"\x72", _RFC_SIGNATURE, _RFC_KEY)
    for content, signature, key in (
        (b"\x73", _RFC_SIGNATURE, _RFC_KEY),
        (b"\x72", base64.b64encode(bytes(64)).decode(), _RFC_KEY),
        (b"\x72", "", _RFC_KEY),
        (b"\x72", "no base64!", _RFC_KEY),
        (b"\x72", _RFC_SIGNATURE, _RFC_SIGNATURE),
    ):
        with pytest.raises(ProtocolError, match="not signed"):
            check_signature(content, signature, key)


def test_a_newer_list_is_in_force_and_stays_so(keeper: ManifestKeeper, tmp_path: Path) -> None:
    fresh = list_of(entry(id="vulkan-b2", backend="vulkan"), date="2030-02-01")
    keeper.replace(fresh, signed(fresh))
    again = ManifestKeeper(tmp_path / "data" / "runtime_manifest.json")
    for one in (keeper, again):
        assert one.current.date == "2030-02-01"
        assert one.find("vulkan-b2", one.current.runtimes[0].platform).backend == "vulkan"
        with pytest.raises(NotFoundError):
            one.find("cpu-b1", one.current.runtimes[0].platform)


def _refusals() -> dict[str, tuple[bytes, str, str]]:
    newer = list_of(entry(), date="2031-01-01")
    older = list_of(entry(), date="2029-12-31")
    odd = [
        entry(release="http://example.com/"),
        entry(release="https://example.com/../"),
        entry(executable="../llama-server"),
        entry(id="../cpu"),
        entry(id="bundled"),
        entry(platform="linux-mips"),
        entry(asset("../llama.tar.gz", b"x")),
        entry(asset("llama.exe", b"x")),
        entry(asset("a.zip", b"x", sha256="0" * 63)),
        entry(asset("a.zip", b"x", size=-1)),
        entry(asset("a.zip", b"x"), asset("a.zip", b"x")),
    ]
    found = {
        f"odd {number}": (list_of(one), signed(list_of(one)), "can't be understood") for number, one in enumerate(odd)
    }
    return found | {
        "unsigned": (newer, "", "not signed"),
        "of another key": (newer, sign(newer, new_key()), "not signed"),
        "damaged": (newer.replace(b"2031", b"2032"), signed(newer), "not signed"),
        "truncated": (newer[: len(newer) // 2], signed(newer), "not signed"),
        "downgraded": (older, signed(older), "older"),
        "empty": (b"", signed(b""), "can't be understood"),
        "no json": (b"\xff\xfe", signed(b"\xff\xfe"), "can't be understood"),
        "deep": (b"[" * 100_000, signed(b"[" * 100_000), "can't be understood"),
        "of the future": (list_of(entry(), version=2), signed(list_of(entry(), version=2)), "can't be understood"),
    }


@pytest.mark.parametrize("name", list(_refusals()))
def test_no_other_list_takes_the_place_of_the_one_in_force(keeper: ManifestKeeper, tmp_path: Path, name: str) -> None:
    content, signature, words = _refusals()[name]
    with pytest.raises(ProtocolError, match=words) as refused:
        keeper.replace(content, signature)
    assert "stays" in refused.value.hint
    assert keeper.current.date == "2030-01-01"
    assert not (tmp_path / "data").exists()


def test_a_list_that_can_t_be_kept_is_not_in_force(keeper: ManifestKeeper, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    fresh = list_of(entry(), date="2031-01-01")
    with pytest.raises(StorageError, match="can't be kept"):
        keeper.replace(fresh, signed(fresh))
    assert keeper.current.date == "2030-01-01"


@pytest.mark.parametrize("damage", ["changed", "cut", "other", "folder", "older"])
def test_what_was_kept_and_is_damaged_gives_way_to_ours(keeper: ManifestKeeper, tmp_path: Path, damage: str) -> None:
    kept = tmp_path / "data" / "runtime_manifest.json"
    fresh = list_of(entry(), date="2031-01-01")
    keeper.replace(fresh, signed(fresh))
    whole: dict[str, Any] = json.loads(kept.read_bytes())
    if damage == "changed":
        kept.write_text(json.dumps(whole | {"manifest": whole["manifest"].replace("2031", "2039")}))
    elif damage == "cut":
        kept.write_bytes(kept.read_bytes()[:100])
    elif damage == "other":
        kept.write_text("[1, 2]")
    elif damage == "folder":
        kept.unlink()
        kept.mkdir()
    else:
        old = list_of(entry(), date="2029-01-01")
        kept.write_text(json.dumps({"manifest": old.decode(), "signature": signed(old)}))
    told: list[str] = []
    assert ManifestKeeper(kept, tell=told.append).current.date == "2030-01-01"
    # One that is only old was in force with the version before.
    assert len(told) == (damage != "older")
    assert len(list(kept.parent.glob("*.broken-*"))) == (damage != "older")


def test_the_script_signs_with_the_key_of_the_resources_only(tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("{}")
    for key, said in (("", "not set"), (new_key(), "another one")):
        told = subprocess.run(
            [sys.executable, str(SCRIPT), str(mine)],
            env={**os.environ, "STUDIOLO_RUNTIMES_KEY": key},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (told.returncode, said in told.stderr) == (1, True)
    assert not mine.with_name("mine.json.sig").exists()
