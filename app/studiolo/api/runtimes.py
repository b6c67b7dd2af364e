"""Runtimes: the builds of llama.cpp that a server can run models with; extensions below `/api/v1/runtimes`."""

from typing import Literal

from pydantic import Field

from studiolo.api.base import Answer, Request
from studiolo.api.errors import ErrorInfo

RUNTIMES = "runtimes"
"""Capability: runtimes are listed, downloaded, proved, chosen and removed."""

BUNDLED = "bundled"
"""The id of the runtime that comes with the server. It is always there, and what everything else falls back to."""

RuntimeKind = Literal["bundled", "xllamacpp", "llama-server"]
"""bundled: xllamacpp in our worker; xllamacpp: another build of it, in a folder; llama-server: an executable."""

Backend = Literal["cpu", "cuda12", "cuda13", "vulkan", "rocm", "metal"]

RuntimeState = Literal["available", "downloading", "installed", "proving", "ready", "failed"]
"""available: it can be downloaded; installed: it is on the disk and not proved yet; ready: proved, so it may be used;
failed: a proof or its use showed that it does not work here, `problem` says why."""


class RuntimeDevice(Answer):
    """A device that a runtime can compute on, as the runtime itself names it (`Vulkan0`). Memory is bytes."""

    id: str = ""
    name: str = ""
    kind: Literal["cpu", "gpu", "igpu", "other"] = "other"
    total_bytes: int | None = None
    free_bytes: int | None = None


class RuntimeProof(Answer):
    """What a proof found: speeds are tokens a second; `text` is what the starter said in eight greedy tokens.

    `devices_used`: those that held layers. `time`: ISO 8601. `build`: what the runtime says it is.
    `devices`: those that it sees.
    """

    time: str = ""
    build: str = ""
    passed: bool = False
    problem: str = ""
    hint: str = ""
    details: str = ""
    text: str = ""
    devices: list[RuntimeDevice] = Field(default_factory=list)
    devices_used: list[str] = Field(default_factory=list)
    tokens_per_second: float | None = None


class RuntimeInfo(Answer):
    """A runtime that is here, or that can be downloaded.

    Attributes:
        id: Its name in requests, such as `vulkan-b11429`; `bundled` is ours.
        own: Whether it is a folder or an executable that a person named; such a one is never deleted from the disk.
        in_use: Whether models are loaded with it from now on.
        offered: Whether it is the one that suits this machine best, and `reason` why (or why it does not fit here).
        size_bytes: What is downloaded for it, or what it takes on the disk once it is there.
        job_id: The download that brings it.
        rpc: Workers on other machines, `host:port`, that share a model with it (llama.cpp's RPC).
        needs: What it wants of the machine, in words.
    """

    id: str = ""
    name: str = ""
    kind: RuntimeKind = "llama-server"
    build: str = ""
    backend: Backend = "cpu"
    state: RuntimeState = "available"
    own: bool = False
    in_use: bool = False
    offered: bool = False
    fits: bool = True
    reason: str = ""
    needs: str = ""
    folder: str = ""
    licence: str = ""
    size_bytes: int = 0
    downloaded_bytes: int | None = None
    job_id: str | None = None
    rpc: list[str] = Field(default_factory=list)
    devices: list[RuntimeDevice] = Field(default_factory=list)
    problem: str = ""
    hint: str = ""
    proof: RuntimeProof | None = None


class RuntimeList(Answer):
    """`GET /api/v1/runtimes` answers with this: the bundled one first.

    `fallback`: why the bundled runtime is used although another one was chosen; empty where it is not so.
    `manifest`: the date of the list of what can be downloaded. `machine`: what was found of this machine that decides
    which of them fit, in words.
    """

    runtimes: list[RuntimeInfo] = Field(default_factory=list)
    fallback: str = ""
    manifest: str = ""
    machine: str = ""


class RuntimeRequest(Request):
    """`POST /api/v1/runtimes/get`, `/use` and `/test` take this: the id of one runtime."""

    id: str = Field(min_length=1, max_length=200)


class AddRuntimeRequest(Request):
    """`POST /api/v1/runtimes/add`: an executable or a folder on the server's disk becomes a runtime.

    `rpc`: `host:port` of workers on a trusted network, for a llama-server alone.
    """

    path: str = Field(min_length=1, max_length=4096)
    name: str | None = Field(default=None, min_length=1, max_length=100)
    rpc: list[str] = Field(default_factory=list, max_length=16)


class RefreshRuntimesRequest(Request):
    """`POST /api/v1/runtimes/refresh`: a newer list of what can be downloaded is fetched from `address`, once.

    Its signature lies beside it, as `<address>.sig`. It is in force only if it is signed by those who make Studiolo.
    """

    address: str = Field(min_length=1, max_length=2000)


class RuntimeEvent(Answer):
    """How far a proof is (`runtime.progress`), its end (`runtime.result`), or why there is none (`error`).

    `stage` is devices, load, processor or card; `progress` is that of the whole, 0 to 1.
    """

    type: str = "runtime.progress"
    stage: str = ""
    progress: float = 0.0
    result: RuntimeInfo | None = None
    error: ErrorInfo | None = None
