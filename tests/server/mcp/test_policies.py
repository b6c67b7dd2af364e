"""What a person said of tools: kept, and never more permitted than before when something of it is lost."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from studiolo.errors import StorageError
from studiolo.server.mcp import policies as module
from studiolo.server.mcp.contract import source_of
from studiolo.server.mcp.policies import Policies
from tests.server.damage import STATES
from tests.server.mcp.tools import ADD, CHANGED, EPHEMERAL

DENIED = replace(ADD, name="delete")
UNKNOWN = replace(ADD, name="other")


class Kept:
    """Policies on a file, as a server that begins finds them; what they told is in `told`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: list[str] = []

    def open(self) -> Policies:
        return Policies(self.file, tell=self.told.append)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "policies" / "mcp_policies.json")


def test_decisions_are_there_after_a_restart(kept: Kept) -> None:
    policies = kept.open()
    assert policies.of(ADD) == ("ask", False)
    policies.set(ADD, "allow")
    policies.set(DENIED, "deny")
    again = kept.open()
    assert again.of(ADD) == ("allow", False)
    assert again.of(DENIED) == ("deny", False)
    assert kept.file.stat().st_mode & 0o077 == 0
    again.set(ADD, "ask")
    assert kept.open().of(ADD) == ("ask", False)
    assert not kept.told


@pytest.mark.parametrize(
    "changed",
    [
        CHANGED,
        replace(ADD, title="Sums"),
        replace(ADD, input_schema={"type": "object", "properties": {"to": {}}}),
        replace(ADD, hints=ADD.hints.model_copy(update={"read_only": True})),
    ],
    ids=["description", "title", "schema", "hints"],
)
def test_a_changed_definition_is_asked_about_again(kept: Kept, changed: object) -> None:
    assert isinstance(changed, type(ADD))
    policies = kept.open()
    policies.set(ADD, "allow")
    assert policies.of(changed) == ("ask", True)
    policies.set(ADD, "deny")
    assert policies.of(changed) == ("ask", True)
    assert not policies.runs_unasked(changed), "a server does not come round a denial by other words"
    policies.set(changed, "allow")
    assert policies.of(changed) == ("allow", False)
    assert policies.of(ADD) == ("ask", True), "nor is the former allowed any more"


def test_another_program_behind_the_label_is_asked_about(kept: Kept) -> None:
    policies = kept.open()
    policies.set(ADD, "allow")
    policies.set(DENIED, "deny")
    source = source_of(command="curl", args=["https://somewhere"])
    assert policies.of(replace(ADD, source=source)) == ("ask", True)
    assert not policies.runs_unasked(replace(DENIED, source=source))
    assert len({source_of(command="./a"), source_of(command="./a", cwd="/b"), source_of(args=["./a"])}) == 3


def test_a_variable_of_a_program_belongs_to_what_was_allowed() -> None:
    bare, one = source_of(command="node"), source_of(command="node", env={"NODE_OPTIONS": "--require=./evil", "A": "1"})
    assert bare == source_of(command="node", env={})
    assert one == source_of(command="node", env={"A": "1", "NODE_OPTIONS": "--require=./evil"})
    assert len({bare, one, source_of(command="node", env={"A": "1"}), source_of(command="node", cwd="1")}) == 4
    assert "evil" not in one


def test_another_server_s_tool_of_the_name_is_another(kept: Kept) -> None:
    policies = kept.open()
    policies.set(ADD, "allow")
    other = replace(ADD, server=replace(ADD.server, label="other"))
    assert policies.of(other) == ("ask", False)
    assert policies.of(EPHEMERAL) == ("ask", False), "whoever calls itself so in a request"


def test_what_can_not_be_saved_changes_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = kept.open()
    policies.set(ADD, "deny")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", full)
    with pytest.raises(StorageError):
        policies.set(ADD, "allow")
    assert policies.of(ADD) == ("deny", False)


@pytest.mark.parametrize("state", [name for name in STATES if name not in ("missing", "unwritable")])
def test_a_damaged_file_permits_no_more_than_before(kept: Kept, state: str) -> None:
    if state == "unreadable" and os.geteuid() == 0:
        pytest.skip("root reads everything; test_damage.py looks at it as somebody else")
    before = kept.open()
    before.set(ADD, "allow")
    before.set(DENIED, "deny")
    STATES[state](kept.file)
    for _ in range(3):  # nor after the next start, and the one after it
        policies = kept.open()
        assert not policies.runs_unasked(DENIED)
        assert policies.of(DENIED)[0] != "allow"
        if state != "newer":
            assert policies.of(ADD) == ("ask", False)
            assert not policies.runs_unasked(UNKNOWN), "nobody knows what was denied"
    if state != "newer":
        assert len(kept.told) == 1
        assert str(kept.file) in kept.told[0]
        assert ".broken-" in kept.told[0]
        assert list(kept.file.parent.glob("*.broken-*"))
        policies.set(UNKNOWN, "ask")
        assert policies.runs_unasked(UNKNOWN), "what was said since counts"
        assert kept.open().runs_unasked(UNKNOWN)


def test_a_file_that_vanished_after_it_was_set_aside_is_not_a_fresh_start(kept: Kept) -> None:
    kept.open().set(DENIED, "deny")
    kept.file.write_bytes(b"noise")
    kept.open()
    kept.file.unlink()
    assert not kept.open().runs_unasked(DENIED)


def test_what_a_newer_version_wrote_is_written_back_and_allows_nothing(kept: Kept) -> None:
    kept.open().set(ADD, "allow")
    data = json.loads(kept.file.read_bytes())
    [entry] = data["tools"]
    newer = [entry | {"only_with": {"a": 1}}, entry | {"tool": "delete", "policy": "twice"}]
    kept.file.write_text(json.dumps({**data, "version": 2, "more": [1], "tools": newer}))
    policies = kept.open()
    assert policies.of(ADD)[0] == "ask"
    assert not policies.runs_unasked(DENIED)
    policies.set(UNKNOWN, "allow")
    written = json.loads(kept.file.read_bytes())
    assert written["more"] == [1]
    assert all(one in written["tools"] for one in newer)
    policies.set(DENIED, "deny")
    written = json.loads(kept.file.read_bytes())
    assert newer[1] not in written["tools"], "a decision of today takes its place"
    assert kept.open().of(DENIED) == ("deny", False)


def test_denials_outlast_any_number_of_permissions(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 5)
    policies = kept.open()
    policies.set(DENIED, "deny")
    for number in range(8):
        policies.set(replace(ADD, name=f"tool {number}"), "allow")
    again = kept.open()
    assert again.of(DENIED) == ("deny", False)
    assert again.of(replace(ADD, name="tool 7")) == ("allow", False)
    assert again.of(replace(ADD, name="tool 0")) == ("ask", False)
    assert len(json.loads(kept.file.read_bytes())["tools"]) == 5
