"""How programs of other people are got for the proofs, where something for them is missing."""

import shutil
from pathlib import Path

import pytest

from tests.stands.programs import ProgramError, Programs


@pytest.mark.parametrize("there", [(), ("npm",)])
def test_without_node_the_error_says_which_command_brings_it(
    there: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = tmp_path / "bin"
    offered.mkdir()
    for name in there:
        _put(offered / name, "exit 1")
    monkeypatch.setenv("PATH", str(offered))
    with pytest.raises(ProgramError, match=r"dev\.py prepare prove"):
        Programs(tmp_path).from_npm("openai")
    assert list(tmp_path.iterdir()) == [offered]


def test_a_node_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = tmp_path / "bin"
    offered.mkdir()
    _put(offered / "npm", "exit 1")
    _put(offered / "node", "echo v18.20.4")
    monkeypatch.setenv("PATH", str(offered))
    with pytest.raises(ProgramError, match=r"Node 20 or newer; this machine has v18\.20\.4"):
        Programs(tmp_path).from_npm("openai")


def test_what_could_not_be_installed_is_tried_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = tmp_path / "bin"
    offered.mkdir()
    _put(offered / "npm", "echo no such package >&2; exit 1")
    _put(offered / "node", "echo v20.0.0")
    monkeypatch.setenv("PATH", str(offered))
    programs = Programs(tmp_path)
    for _ in range(2):
        with pytest.raises(ProgramError, match="no such package"):
            programs.from_npm("openai")


def _put(file: Path, script: str) -> None:
    file.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    file.chmod(0o755)
