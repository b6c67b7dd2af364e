"""A build of llama.cpp on this machine."""

from dataclasses import dataclass
from pathlib import Path

from studiolo.api.runtimes import BUNDLED, Backend, RuntimeKind


@dataclass(frozen=True)
class Runtime:
    """A build of llama.cpp that can run models here, whether it has been proved or not.

    Attributes:
        id: Its name in requests.
        kind: How it is run.
        build: llama.cpp's build, such as `b11429`.
        backend: What it computes with, beside the processor.
        folder: Where it is; None for the bundled one.
        executable: llama-server itself, of that kind alone.
        rpc: `host:port` of the workers on other machines that it shares models with.
        own: Whether a person named it, so that it is not ours to delete.
        licence: Its licence, in SPDX's words; empty where nobody told it.
    """

    id: str
    name: str
    kind: RuntimeKind
    build: str = ""
    backend: Backend = "cpu"
    folder: Path | None = None
    executable: Path | None = None
    rpc: tuple[str, ...] = ()
    own: bool = False
    licence: str = ""


BUNDLED_RUNTIME = Runtime(BUNDLED, "Bundled", "bundled")
