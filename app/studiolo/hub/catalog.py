"""The catalog: `publisher/name` to the repositories that have the files (spec section 9)."""

import asyncio
import errno
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.api.models import Sampling
from studiolo.errors import ProtocolError, StorageError, UnreachableError
from studiolo.files import write_atomically
from studiolo.hub.filenames import model_key
from studiolo.network.network import Network, Purpose
from studiolo.network.transport import NetworkTransport
from studiolo.paths import resource_path
from studiolo.set_aside import set_aside

logger = logging.getLogger(__name__)

_MAX_BYTES = 16 * 2**20


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CatalogSource(_Part):
    """Where the files are: `repo` of Hugging Face."""

    kind: str
    repo: str = Field(pattern=r"^\w[\w.-]*/\w[\w.-]*$")


class CatalogModel(_Part):
    """This is one model of the catalog.

    `size_bytes` is that of its usual quantization; `recommended_gb`: a pick for so much memory; `sampling`: what its
    maker recommends.
    """

    id: str = Field(pattern=r"^\w[\w.-]*/\w[\w.-]*$")
    name: str
    sentence: str
    parameters: str | None = None
    size_bytes: int | None = None
    capabilities: list[str] = Field(default_factory=list)
    sources: list[CatalogSource] = Field(min_length=1)
    recommended_gb: int | None = None
    license: str | None = None
    sampling: Sampling | None = None

    @property
    def repository(self) -> str | None:
        """Return the first Hugging Face repository among the sources; None where there is none."""
        return next((source.repo for source in self.sources if source.kind == "huggingface"), None)


class Catalog(_Part):
    """`date`: when it was made, ISO 8601. A `version` of later programs is refused as a whole."""

    version: Literal[1]
    date: str
    models: list[CatalogModel] = Field(min_length=1)

    def find(self, name: str) -> CatalogModel | None:
        """Return the model with this id, in whatever case it is written; None for an id that is not listed."""
        wanted = name.lower()
        return next((model for model in self.models if model.id.lower() == wanted), None)

    def keys(self) -> dict[str, str]:
        """Return by id, in lower case, the keys of the models that its files are on a disk."""
        found = {model.id.lower(): model.repository for model in self.models}
        return {name: model_key(*repository.split("/")) for name, repository in found.items() if repository}

    def search(self, text: str) -> list[CatalogModel]:
        """Return the models that have every word of `text`, in the catalog's order."""
        words = text.lower().split()
        return [
            model
            for model in self.models
            if all(word in f"{model.id} {model.name} {' '.join(model.capabilities)}".lower() for word in words)
        ]


@dataclass(frozen=True)
class LoadedCatalog:
    """`problem` says why a catalog of the user's own was left aside; None where all is well."""

    catalog: Catalog
    problem: str | None = None


def load_catalog(own: Path) -> LoadedCatalog:
    """Return the newer of the shipped catalog and the one at `own`.

    A broken one is reported and the shipped one used.
    """
    shipped = Catalog.model_validate_json(resource_path("catalog.json").read_bytes())
    try:
        catalog = parse_catalog(_content(own))
    except FileNotFoundError:
        return LoadedCatalog(shipped)
    except (OSError, ValueError) as error:
        problem = f"The catalog at {own} can't be used, so the shipped one is: {error}"
        return LoadedCatalog(shipped, problem)
    return LoadedCatalog(catalog if catalog.date >= shipped.date else shipped)


def _content(own: Path) -> bytes:
    """Return a catalog's bytes. Raises OSError, FileNotFoundError where there is nothing at all, ValueError."""
    if os.path.lexists(own) and not own.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    if own.stat().st_size > _MAX_BYTES:
        raise ValueError("it is too large")
    return own.read_bytes()


def parse_catalog(content: bytes) -> Catalog:
    """Return a catalog. Raises ValueError with the first thing that is wrong."""
    try:
        return Catalog.model_validate(json.loads(content))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise ValueError(f"{place}: {problem['msg']}") from error
    except RecursionError as error:
        raise ValueError("It is nested too deep.") from error


class CatalogKeeper:
    """The catalog in force, read again when the file at `own` changed."""

    def __init__(self, own: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        """tell: hears of a file at `own` that can't be used."""
        self._own = own
        self._tell = tell
        self._stamp: tuple[int, int] | None = None
        self._loaded: LoadedCatalog | None = None

    async def current(self) -> LoadedCatalog:
        """Return the catalog in force; the disk is asked in a thread."""
        return await asyncio.to_thread(self._load)

    @property
    def last(self) -> Catalog:
        """Return the one that was read last; it is read where none was."""
        return (self._loaded or self._load()).catalog

    async def refresh(self, address: str, network: Network) -> None:
        """Fetch a newer one. Raises AppErrors; then the former one stays."""
        await fetch_catalog(address, self._own, network=network)
        await self.current()

    def _load(self) -> LoadedCatalog:
        try:
            stat = self._own.stat()
            stamp = (stat.st_size, stat.st_mtime_ns)
        except OSError:
            stamp = (0, 0)
        if self._loaded is None or stamp != self._stamp:
            self._stamp, self._loaded = stamp, load_catalog(self._own)
            if self._loaded.problem:
                self._tell(self._loaded.problem)
        return self._loaded


async def fetch_catalog(address: str, own: Path, *, network: Network) -> Catalog:
    """Replace the catalog at `own` by the one at `address`. Raises AppErrors; then nothing was replaced."""
    way_there = NetworkTransport(network, Purpose("catalog"), certificates=network.certificates)
    try:
        async with (
            httpx.AsyncClient(follow_redirects=True, timeout=30, trust_env=False, transport=way_there) as http,
            http.stream("GET", address) as answer,
        ):
            answer.raise_for_status()
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > _MAX_BYTES:
                    raise ProtocolError(f"What lies at {address} is too large for a catalog.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(
            f"The catalog at {address} can't be had.", hint="Check the setting catalog_url.", details=str(error)
        ) from error
    try:
        catalog = parse_catalog(content)
    except ValueError as error:
        raise ProtocolError(f"What lies at {address} is no catalog.", details=str(error)) from error
    if load_catalog(own).problem:
        # Somebody may have written it by hand.
        set_aside(own)
    try:
        write_atomically(own, content)
    except OSError as error:
        raise StorageError("The catalog could not be saved.", details=str(error)) from error
    return catalog
