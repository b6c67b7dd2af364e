"""All other servers: those that were added, how they are doing, and the models that they have together."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing, suppress

from studiolo.api.models import Sampling
from studiolo.api.settings import ServerSettings
from studiolo.api.upstreams import UpstreamChange, UpstreamInfo, UpstreamRequest
from studiolo.errors import AppError, NotFoundError, RequestError
from studiolo.network.network import Network
from studiolo.paths import Paths
from studiolo.server.engine.upstream.address import base_address, id_of, name_of
from studiolo.server.engine.upstream.errors import UpstreamError
from studiolo.server.engine.upstream.hops import asked_by_server
from studiolo.server.engine.upstream.instance import ModelSite, UpstreamInstance
from studiolo.server.engine.upstream.machine import UpstreamMachine
from studiolo.server.engine.upstream.probing import check, look
from studiolo.server.engine.upstream.upstreams_file import MOST_UPSTREAMS, UPSTREAMS_FILE, UpstreamsFile
from studiolo.server.notices import Notices
from studiolo.server.secrets import UPSTREAM_SERVICE, Secrets

logger = logging.getLogger(__name__)

KEYS_FILE = "upstream_keys.json"
"""In the data folder, where there is no keyring."""


class UpstreamService:
    """Implements RemoteModels on the folders of `paths`. Nothing is read before `open`."""

    def __init__(
        self, paths: Paths, settings: Callable[[], ServerSettings], notices: Notices, *, network: Network
    ) -> None:
        self._settings = settings
        self._network = network
        self._file = UpstreamsFile(paths.config / UPSTREAMS_FILE, tell=notices.add)
        self._keys = Secrets(
            paths.data / KEYS_FILE,
            notices,
            service=UPSTREAM_SERVICE,
            what="Keys of other servers whose models are used",
            again="Give the keys of other servers again.",
        )
        self._machines: dict[str, UpstreamMachine] = {}
        self._instances: dict[str, UpstreamInstance] = {}
        self._by_key: dict[str, UpstreamInstance] = {}
        self._by_name: dict[str, UpstreamInstance] = {}
        """Without regard to case."""
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()

    def listed(self, here: Collection[str]) -> list[UpstreamInstance]:
        """See RemoteModels. A server that asks for another one is told of none: see hops.py."""
        if asked_by_server():
            return []
        found: list[UpstreamInstance] = []
        taken = {key.lower() for key in here}
        for key, instance in sorted(self._instances.items()):
            if key.lower() not in taken:
                found.append(instance)
                continue
            pinned = [self._by_name.get(f"{place.machine.info.id}/{key}".lower()) for place in instance.places]
            found += [one for one in pinned if one]
        return found

    def find(self, name: str) -> UpstreamInstance | None:
        """See RemoteModels. `<id of the server>/<key>` means that one place of a model."""
        if asked_by_server():
            return None
        return self._by_key.get(name) or self._by_name.get(name.lower())

    async def open(self) -> None:
        """Read what is kept. No server is asked anything yet."""
        for info in await asyncio.to_thread(self._file.read):
            self._machines[info.id] = self._machine(info)
        self._arrange()

    async def run(self) -> None:
        """Ask the servers for their models, those that failed sooner than the others, until cancelled."""
        while True:
            due = [machine for machine in self._machines.values() if machine.next_look <= time.monotonic()]
            async with asyncio.TaskGroup() as looks:
                for machine in due:
                    looks.create_task(self._look(machine))
            if not due:
                await self._rest()

    async def aclose(self) -> None:
        """See RemoteModels."""
        await asyncio.gather(*(machine.aclose() for machine in self._machines.values()))

    @property
    def busy(self) -> int:
        """Return how many requests are worked on elsewhere just now."""
        return sum(machine.busy for machine in self._machines.values())

    def all(self) -> list[UpstreamInfo]:
        """Return the servers, in the order in which they were added."""
        return [self._told(machine) for machine in self._machines.values()]

    def describe(self, upstream_id: str) -> UpstreamInfo:
        """Return one server. Raises NotFoundError."""
        return self._told(self._find(upstream_id))

    async def add(self, request: UpstreamRequest) -> UpstreamInfo:
        """Look at a server in full and add it; one of the same name is replaced.

        Raises:
            RequestError: The address is none, nobody answers there, or not what models are asked by.
            StorageError: It, or its key, can't be kept.
        """
        address = base_address(request.address)
        name = request.name or name_of(address)
        info = UpstreamInfo(
            name=name,
            address=address,
            prefix=request.prefix,
            context_length=request.context_length,
            has_key=request.key is not None,
        )
        former = self._named(name)
        if request.key is None and former is not None and former.address == address:
            info.id, info.has_key = former.id, former.has_key
        machine = self._machine(info, key=request.key)
        try:
            async with aclosing(check(machine)) as steps:
                async for _ in steps:
                    pass
            async with self._lock:
                await self._enter(machine, request.key)
        except BaseException as error:
            await machine.aclose()
            if isinstance(error, UpstreamError):
                raise _not_added(error) from error
            raise
        return self._told(machine)

    async def _enter(self, machine: UpstreamMachine, key: str | None) -> None:
        """Put a new machine into its place: that of another one of its name, or one of its own."""
        info, former = machine.info, self._named(machine.info.name)
        if former is None and len(self._machines) >= MOST_UPSTREAMS:
            raise RequestError(f"There are {MOST_UPSTREAMS} servers already.", code="too_many_upstreams")
        info.id = former.id if former else id_of(info.name, set(self._machines))
        if key is not None:
            await self._keys.keep(self._key_name(info), key)
        await self._replace(machine)
        if former is not None and former.has_key and self._key_name(former) != self._key_name(info):
            await self._keys.forget(self._key_name(former))

    def _named(self, name: str) -> UpstreamInfo | None:
        return next((one.info for one in self._machines.values() if one.info.name.lower() == name.lower()), None)

    async def change(self, upstream_id: str, change: UpstreamChange) -> UpstreamInfo:
        """Set a server up otherwise. Raises NotFoundError, RequestError for no address, StorageError."""
        async with self._lock:
            before = self._find(upstream_id).info
            address = base_address(change.address) if change.address else before.address
            moved = address != before.address
            info = before.model_copy(update={"address": address}, deep=True)
            info.name = change.name or before.name
            other = self._named(info.name) if change.name else None
            if other is not None and other.id != before.id:
                raise _name_taken(info.name)
            info.prefix = before.prefix if change.prefix is None else change.prefix
            if change.context_length is not None:
                info.context_length = change.context_length or None
            if moved or change.key is not None:
                # A key goes to the address that it was given for, and to no other.
                info.has_key = bool(change.key)
            if change.key:
                await self._keys.keep(self._key_name(info), change.key)
            machine = self._machine(info)
            await self._replace(machine)
            # Not before: what can't be kept changes nothing, and the key is still needed then.
            if before.has_key and not (info.has_key and self._key_name(info) == self._key_name(before)):
                await self._keys.forget(self._key_name(before))
        return self._told(machine)

    async def check(self, upstream_id: str) -> AsyncGenerator[tuple[str, str], None]:
        """Look at a server in full; yield what is tried now, and of which model.

        Raises NotFoundError, UpstreamError.
        """
        machine = self._find(upstream_id)
        try:
            async with aclosing(check(machine)) as steps:
                async for step in steps:
                    yield step
        except UpstreamError as error:
            machine.note_failure(error)
            raise
        finally:
            self._arrange()
        await self._keep()

    async def remove(self, upstream_id: str) -> None:
        """Forget a server and its key. What it answers just now ends with an error.

        Raises NotFoundError, StorageError.
        """
        async with self._lock:
            machine = self._find(upstream_id)
            others = [one.info for one in self._machines.values() if one is not machine]
            await asyncio.to_thread(self._file.write, others)
            del self._machines[upstream_id]
            self._arrange()
            await machine.aclose()
            if machine.info.has_key:
                await self._keys.forget(self._key_name(machine.info))

    async def _replace(self, machine: UpstreamMachine) -> None:
        """Put a machine into its place, and keep it."""
        former = self._machines.get(machine.info.id)
        infos = {one.info.id: one.info for one in self._machines.values()} | {machine.info.id: machine.info}
        await asyncio.to_thread(self._file.write, list(infos.values()))
        self._machines[machine.info.id] = machine
        self._arrange()
        self._woken.set()
        if former is not None:
            await former.aclose()

    async def _look(self, machine: UpstreamMachine) -> None:
        """Ask a server for its models. Whatever goes wrong is its trouble, and kept with it."""
        before = [model.id for model in machine.info.models]
        try:
            machine.info.models = await look(machine)
            machine.note_answer(whole=False)
        except AppError as error:
            machine.note_failure(error)
        if self._machines.get(machine.info.id) is machine and [model.id for model in machine.info.models] != before:
            self._arrange()
            await self._keep()

    async def _keep(self) -> None:
        try:
            await asyncio.to_thread(self._file.write, [machine.info for machine in self._machines.values()])
        except AppError as error:
            logger.warning("%s (%s)", error, error.details)

    async def _rest(self) -> None:
        """Wait until a server is due, or something happened to one."""
        self._woken.clear()
        due = min((machine.next_look for machine in self._machines.values()), default=None)
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else max(0.0, due - time.monotonic())):
                await self._woken.wait()

    def _arrange(self) -> None:
        """Put the models of all servers together: those of one key are one, in several places."""
        places: dict[str, list[ModelSite]] = {}
        pinned: dict[str, list[ModelSite]] = {}
        for machine in self._machines.values():
            for model in machine.info.models:
                model.key = f"{machine.info.prefix}{model.id}"
                place = ModelSite(machine, model)
                places.setdefault(model.key, []).append(place)
                pinned.setdefault(f"{machine.info.id}/{model.key}", []).append(place)
        known = self._by_key
        self._instances = {key: self._instance(key, found, known) for key, found in places.items()}
        alone = {key: self._instance(key, found, known) for key, found in pinned.items() if key not in places}
        self._by_key = alone | self._instances
        self._by_name = {key.lower(): one for key, one in self._by_key.items()}
        for one in known.values():
            if self._by_key.get(one.id) is not one:
                one.places, one.ended = [], True

    def _instance(self, key: str, places: list[ModelSite], known: dict[str, UpstreamInstance]) -> UpstreamInstance:
        """Return the instance of a key, the one that there was where there was one: requests are counted by it."""
        instance = known.get(key) or UpstreamInstance(key, [])
        instance.places = [place for place in places if place.model.kind == places[0].model.kind]
        instance.sampling = lambda: self._settings().defaults_of(key).sampling or Sampling()
        return instance

    def _machine(self, info: UpstreamInfo, *, key: str | None = None) -> UpstreamMachine:
        read_key = self._key_reader(info, key)
        return UpstreamMachine(info, key=read_key, network=self._network, on_trouble=self._woken.set)

    def _key_reader(self, info: UpstreamInfo, given: str | None) -> Callable[[], Awaitable[str | None]]:
        """Return what reads the key of a server: from the keyring, once."""
        known = given

        async def read() -> str | None:
            nonlocal known
            if known is None and info.has_key:
                known = await self._keys.read(self._key_name(info))
            return known

        return read

    def _key_name(self, info: UpstreamInfo) -> str:
        """Return what the keyring calls a key: another name for another address."""
        place = hashlib.sha256(info.address.encode()).hexdigest()[:12]
        return f"{info.id}.{place}.{self._keys.home}"

    def _find(self, upstream_id: str) -> UpstreamMachine:
        if machine := self._machines.get(upstream_id):
            return machine
        raise NotFoundError(
            f"No server '{upstream_id[:80]}' was added here.",
            what="upstream",
            param="id",
            hint="GET /api/v1/upstreams lists them.",
        )

    def _told(self, machine: UpstreamMachine) -> UpstreamInfo:
        problem = str(machine.problem) if machine.problem else None
        return machine.info.model_copy(
            update={"state": machine.state, "problem": problem, "busy": machine.busy}, deep=True
        )


def _name_taken(name: str) -> RequestError:
    return RequestError(
        f"Another server is called '{name}' already.", param="name", code="invalid_value", hint="Choose another name."
    )


def _not_added(error: UpstreamError) -> RequestError:
    return RequestError(
        f"It was not added. {error.message}",
        param="address",
        code="upstream_unreachable",
        hint=error.hint,
        details=error.details,
    )
