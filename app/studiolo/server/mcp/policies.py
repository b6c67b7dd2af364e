"""What a person said of tools for good: kept by server, tool and definition.

What of the file can't be used is set aside and told of, and permits nothing: whoever can be asked is asked again, and
for requests that ask nobody, a tool on which nothing is known any more does not run.
"""

import contextlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studiolo.api.mcp import Policy
from studiolo.errors import StorageError
from studiolo.files import write_atomically
from studiolo.server.mcp.contract import McpTool
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside, was_set_aside

logger = logging.getLogger(__name__)

POLICIES_FILE = "mcp_policies.json"
"""In the data folder."""

_VERSION = 1
_MOST = 10_000
_POLICIES = ("ask", "allow", "deny")
_FIELDS = {"label", "tool", "digest", "source", "policy"}

Key = tuple[str, str]


@dataclass(frozen=True)
class ToolDecision:
    """One decision on the tool `tool` of the server `label` of mcp.json.

    digest: of the tool's definition. source: of the program or the address behind the label. policy: "unknown" for one
    that a newer version made.
    """

    label: str
    tool: str
    digest: str
    source: str
    policy: str


class Policies:
    """The decisions in a JSON file that only its owner can read. Changes are on disk when they return.

    Safe from any thread.
    """

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.error) -> None:
        """tell: hears in a sentence of a file that can't be used."""
        self._file = file
        self._tell = tell
        self._lock = threading.Lock()
        self._kept: dict[Key, ToolDecision] = {}
        self._newer: list[dict[str, Any]] = []
        self._rest: dict[str, Any] = {}
        self.lost = False
        """Whether decisions were lost: then nobody knows what a person has denied."""
        self._read()

    def of(self, tool: McpTool) -> tuple[Policy, bool]:
        """Return a person's policy for the tool as it is now, and whether there was one for it as it was before."""
        kept = None if tool.server.ephemeral else self._kept.get((tool.server.label, tool.name))
        if kept is None:
            return "ask", False
        if kept.digest != tool.digest or kept.source != tool.source:
            return "ask", kept.policy != "ask"
        return ("allow" if kept.policy == "allow" else "deny" if kept.policy == "deny" else "ask"), False

    def runs_unasked(self, tool: McpTool) -> bool:
        """Return whether the tool runs for a request that asks nobody: not what was denied, in whatever definition."""
        kept = None if tool.server.ephemeral else self._kept.get((tool.server.label, tool.name))
        if kept is None:
            return not self.lost or tool.server.ephemeral
        return kept.policy in ("ask", "allow")

    def set(self, tool: McpTool, policy: Policy) -> None:
        """Keep a decision on a tool of mcp.json. Blocking. Raises StorageError; then nothing is changed."""
        label = tool.server.label
        kept = ToolDecision(label, tool.name, tool.digest, tool.source, policy)
        with self._lock:
            changed = {key: other for key, other in self._kept.items() if key != (label, tool.name)}
            # Where decisions were lost, "ask" has to be said: it lets requests that ask nobody use the tool again.
            if policy != "ask" or self.lost:
                changed[label, tool.name] = kept
            self._save(_bounded(changed))

    def _read(self) -> None:
        try:
            data = read_json(self._file)
            if not isinstance(data, dict) or not isinstance(data.get("tools"), list):
                raise DamagedError("it does not hold decisions on tools")
        except FileNotFoundError:
            self.lost = was_set_aside(self._file)
            return
        except DamagedError as error:
            kept = kept_as(set_aside(self._file))
            self._tell(f"{self._file} is damaged: {error}. {kept} {_LOST}")
            self._begin_anew()
            return
        self.lost = data.get("lost", False) is not False
        self._rest = {key: value for key, value in data.items() if key not in ("version", "tools", "lost")}
        bad = sum(not self._take(entry) for entry in data["tools"])
        if bad:
            kept = kept_as(set_aside(self._file, copy=True))
            self._tell(f"{self._file}: {bad} of {len(data['tools'])} decisions can't be understood. {kept} {_LOST}")
            self._begin_anew()

    def _take(self, entry: Any) -> bool:
        """Whether an entry says of which tool it is. What a newer version wrote is kept, and allows nothing."""
        if not isinstance(entry, dict):
            return False
        texts = [entry.get(name) for name in ("label", "tool", "digest", "source", "policy")]
        if not all(isinstance(text, str) for text in texts):
            return False
        kept = ToolDecision(**{name: entry[name] for name in _FIELDS})
        if entry.keys() - _FIELDS or kept.policy not in _POLICIES:
            self._newer.append(entry)
            kept = ToolDecision(
                kept.label, kept.tool, kept.digest, kept.source, "deny" if kept.policy == "deny" else "unknown"
            )
        self._kept[kept.label, kept.tool] = kept
        return True

    def _begin_anew(self) -> None:
        self.lost = True
        with contextlib.suppress(StorageError):
            self._save(self._kept)

    def _save(self, kept: dict[Key, ToolDecision]) -> None:
        newer = [entry for entry in self._newer if kept.get(_key(entry)) is self._kept.get(_key(entry))]
        theirs = {_key(entry) for entry in newer}
        own = [asdict(one) for key, one in kept.items() if key not in theirs]
        lost = {"lost": True} if self.lost else {}
        content = json.dumps({**self._rest, "version": _VERSION, **lost, "tools": [*own, *newer]}, indent=1)
        try:
            write_atomically(self._file, content.encode(), private=True)
        except OSError as error:
            raise StorageError(
                "The decision could not be saved, so nothing was changed.", details=f"{self._file}: {error}"
            ) from error
        self._kept, self._newer = kept, newer


_LOST = (
    "What was decided on tools of MCP servers is asked for again; a request that asks nobody uses only tools on which "
    "something was decided since."
)


def _key(entry: dict[str, Any]) -> Key:
    return entry["label"], entry["tool"]


def _bounded(kept: dict[Key, ToolDecision]) -> dict[Key, ToolDecision]:
    """Without the oldest permissions, where there are too many: what is forgotten is asked for again."""
    over = len(kept) - _MOST
    old = [key for key, one in kept.items() if one.policy != "deny"][: max(0, over)]
    return {key: one for key, one in kept.items() if key not in set(old)} if old else kept
