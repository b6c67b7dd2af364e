"""The list of runtimes that can be downloaded: the one that the program brings, or a newer one with the same signature.

Each entry names files of a release of llama.cpp by their names, sizes and sha256. Nothing in it is "the latest".
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studiolo.api.runtimes import BUNDLED, Backend
from studiolo.errors import NotFoundError, ProtocolError, StorageError
from studiolo.files import write_atomically
from studiolo.paths import resource_path
from studiolo.server.runtimes.signature import check_signature
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

MANIFEST_FILE = "runtime_manifest.json"
"""In the data folder: a newer list that somebody fetched, with its signature."""
MOST_MANIFEST_BYTES = 2**20

Platform = Literal["linux-x64", "linux-arm64", "macos-arm64", "macos-x64", "windows-x64", "windows-arm64"]

_KEPT = ("manifest", "signature")
_VERSION = r"^(\d{1,5}(\.\d{1,5}){0,2})?$"
_ADDRESS = r"^(https://[\w.-]+(:\d+)?|http://(127\.0\.0\.1|localhost):\d+)/([\w~+%-][\w.~+%-]*/)+$"
"""Without TLS only what stays on this machine."""


class _Signed(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RuntimeAsset(_Signed):
    """A file of a release. size: bytes; 0 where nobody knew it, and the server of the file says it."""

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.+-]{0,150}\.(tar\.gz|zip)$")
    size: int = Field(ge=0, le=2**40)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class RuntimeEntry(_Signed):
    """A runtime for one platform, and what it wants of a machine. Empty is: nothing in particular.

    Attributes:
        release: The address that the names of its files are appended to.
        executable: llama-server, in the folder that all files are unpacked into.
        glibc: The oldest C library of Linux that it runs with.
        driver: The oldest driver of NVIDIA, and `toolkit` the CUDA that it was made with.
        compute: The least compute capability of a card; `native` are those that it has code for. For others the
            driver translates, which takes one that knows the toolkit's version.
        source: Where its facts were found.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    name: str = Field(min_length=1, max_length=100)
    build: str = Field(pattern=r"^[\w.-]{1,40}$")
    backend: Backend
    platform: Platform
    release: str = Field(pattern=_ADDRESS)
    executable: str = Field(pattern=r"^\w[\w-]*(\.exe)?$")
    licence: str = Field(max_length=300)
    assets: tuple[RuntimeAsset, ...] = Field(min_length=1, max_length=8)
    glibc: str = Field(default="", pattern=_VERSION)
    driver: str = Field(default="", pattern=_VERSION)
    toolkit: str = Field(default="", pattern=_VERSION)
    compute: str = Field(default="", pattern=_VERSION)
    native: tuple[str, ...] = ()
    source: str = ""

    @model_validator(mode="after")
    def _is_no_other(self) -> "RuntimeEntry":
        if self.id == BUNDLED or len({asset.name for asset in self.assets}) < len(self.assets):
            raise ValueError("names something twice")
        return self

    @property
    def size_bytes(self) -> int:
        """Return what is downloaded, in bytes; 0 where that is not known of every file."""
        sizes = [asset.size for asset in self.assets]
        return sum(sizes) if all(sizes) else 0

    def url_of(self, asset: RuntimeAsset) -> str:
        """Return the address of one of its files."""
        return f"{self.release}{asset.name}"


class RuntimeManifest(_Signed):
    """`date`: when it was made, ISO 8601; an older one never takes the place of a newer one."""

    version: Literal[1]
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$")
    source: str = ""
    runtimes: tuple[RuntimeEntry, ...] = Field(min_length=1, max_length=500)


class ManifestKeeper:
    """The list in force. Safe from any thread; what reads or writes the disk blocks.

    own: where a newer one is kept. tell: hears in a sentence of one that can't be used.
    """

    def __init__(self, own: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        self._own = own
        self._tell = tell
        self._lock = threading.Lock()
        self._current: RuntimeManifest | None = None

    @property
    def current(self) -> RuntimeManifest:
        """Return the list in force. It is read from the disk where it was not yet."""
        with self._lock:
            if self._current is None:
                shipped = _shipped()
                own = self._kept()
                self._current = own if own and own.date > shipped.date else shipped
            return self._current

    def of_platform(self, platform: str) -> list[RuntimeEntry]:
        """Return what there is for a platform such as linux-x64."""
        return [entry for entry in self.current.runtimes if entry.platform == platform]

    def find(self, runtime_id: str, platform: str) -> RuntimeEntry:
        """Return an entry by its id. Raises NotFoundError."""
        for entry in self.of_platform(platform):
            if entry.id == runtime_id:
                return entry
        raise NotFoundError(
            f"No runtime '{runtime_id[:60]}' can be downloaded for this machine.",
            what="runtime",
            param="id",
            hint="`studiolo runtime ls` lists those that can.",
        )

    def replace(self, content: bytes, signature: str) -> RuntimeManifest:
        """Have a newer list in force, and keep it.

        Raises ProtocolError for one that is not signed, that can't be understood, or that is older than the one in
        force, and StorageError; then the one in force stays.
        """
        fresh = read_manifest(content, signature)
        current = self.current
        if fresh.date < current.date:
            raise ProtocolError(
                f"That list of runtimes is older ({fresh.date}) than the one in force ({current.date}).",
                hint="The newer one stays.",
            )
        kept = json.dumps({"manifest": content.decode(), "signature": signature.strip()}).encode()
        with self._lock:
            try:
                write_atomically(self._own, kept, private=True)
            except OSError as error:
                raise StorageError(
                    "The list of runtimes can't be kept.", hint=f"{error.strerror}.", details=str(error)
                ) from error
            self._current = fresh
        return fresh

    def _kept(self) -> RuntimeManifest | None:
        try:
            data = read_json(self._own)
            if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in _KEPT):
                raise DamagedError("it holds no list of runtimes")
            return read_manifest(data["manifest"].encode(), data["signature"])
        except FileNotFoundError:
            return None
        except (DamagedError, ProtocolError) as error:
            kept = kept_as(set_aside(self._own))
            self._tell(f"{self._own} is damaged: {error} {kept} The list of runtimes of this version is in force.")
            return None


def read_manifest(content: bytes, signature: str) -> RuntimeManifest:
    """Return a list of runtimes once its signature is checked. Raises ProtocolError."""
    check_signature(content, signature, resource_path("runtimes.key").read_text(encoding="ascii"))
    try:
        return RuntimeManifest.model_validate(json.loads(content))
    except (ValidationError, ValueError, RecursionError) as error:
        raise ProtocolError(
            "The list of runtimes is signed, but it can't be understood.",
            hint="A newer Studiolo may understand it. The list of before stays.",
            details=str(error)[:300],
        ) from error


def _shipped() -> RuntimeManifest:
    content = resource_path("runtimes.json").read_bytes()
    return read_manifest(content, resource_path("runtimes.json.sig").read_text(encoding="ascii"))
