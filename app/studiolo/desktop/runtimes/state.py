"""What is known of a server's runtimes, as plain data between the presenter and its view."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from studiolo.api.downloads import DownloadInfo
from studiolo.api.runtimes import BUNDLED, RuntimeInfo, RuntimeList
from studiolo.errors import AppError

HERE = frozenset({"installed", "proving", "ready", "failed"})
"""The states of a runtime that is on the server's disk."""


@dataclass(frozen=True)
class RunningTest:
    """A test that goes on. `progress`: 0 to 1, None until it is known."""

    stage: str = ""
    progress: float | None = None


@dataclass
class RuntimesState:
    """Everything is by the ids of runtimes.

    Attributes:
        known: What the server told last.
        jobs: The downloads of those that come.
        tests: The tests that were begun here and go on.
        busy: Those that an order was given for that is not answered yet.
        troubles: Why the last order for one failed.
        devices: The runtimes with their devices; None before the first answer.
        devices_trouble: Why devices could not be looked at.
        looking: Whether devices are being looked at.
        previous: The one that was in use before, as far as this window saw it.
        turn: How often something was done: what was asked for before that is out of date.
    """

    known: RuntimeList = field(default_factory=RuntimeList)
    jobs: dict[str, DownloadInfo] = field(default_factory=dict)
    tests: dict[str, RunningTest] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    troubles: dict[str, AppError] = field(default_factory=dict)
    devices: list[RuntimeInfo] | None = None
    devices_trouble: str = ""
    looking: bool = False
    previous: str = ""
    turn: int = 0

    @property
    def by_id(self) -> Mapping[str, RuntimeInfo]:
        """Return the runtimes by their ids."""
        return {one.id: one for one in self.known.runtimes}

    @property
    def used(self) -> RuntimeInfo | None:
        """Return the one that models are loaded with; None where the server names none."""
        return next((one for one in self.known.runtimes if one.in_use), None)

    @property
    def offered(self) -> RuntimeInfo | None:
        """Return the one that suits the machine best, unless it is in use already."""
        return next((one for one in self.known.runtimes if one.offered and one.fits and not one.in_use), None)

    @property
    def before(self) -> RuntimeInfo | None:
        """Return the one to go back to; None where there is none that may be used."""
        one = self.by_id.get(self.previous)
        return one if one is not None and not one.in_use and may_use(one) else None


def may_use(info: RuntimeInfo) -> bool:
    """Return whether a runtime can be chosen: it was proved, or comes with the server."""
    return not info.in_use and (info.state == "ready" or info.id == BUNDLED)
