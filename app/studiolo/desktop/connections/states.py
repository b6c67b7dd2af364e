"""How a server is doing, as the window knows it."""

from dataclasses import dataclass

from studiolo.errors import AppError


@dataclass(frozen=True)
class Starting:
    """A server is looked for, started, or asked whether it answers."""


@dataclass(frozen=True)
class Ready:
    """A server answers at `address`."""

    address: str


@dataclass(frozen=True)
class Lost:
    """There is no server, and why.

    `again`: it is about to be looked for again by itself. `due`: when that is, in monotonic seconds; None for just now.
    `stuck`: the process of one of ours that does not answer and can be ended.
    """

    error: AppError
    again: bool = False
    stuck: int | None = None
    due: float | None = None


@dataclass(frozen=True)
class Stopped:
    """Closed, or not opened yet."""


State = Starting | Ready | Lost | Stopped
