"""Composition root of the server: builds every part and wires it."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.types import ASGIApp

from studiolo import __version__
from studiolo.api.settings import ServerSettings
from studiolo.errors import AppError
from studiolo.network.choice import choice_of
from studiolo.network.ledger import ConnectionLedger
from studiolo.network.network import Network
from studiolo.paths import Paths
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.downloads.runtime_files import RuntimeFiles
from studiolo.server.downloads.service import DownloadService
from studiolo.server.engine.bench_file import BENCHMARKS_FILE, BenchmarkFile
from studiolo.server.engine.calibration import CALIBRATION_FILE, Calibration, measuring
from studiolo.server.engine.memory import EngineHost
from studiolo.server.engine.pool import InstancePool
from studiolo.server.engine.starting import Starter
from studiolo.server.engine.upstream.service import UpstreamService
from studiolo.server.http.access import AccessControl
from studiolo.server.http.anthropic import anthropic_routes
from studiolo.server.http.chat import chat_routes
from studiolo.server.http.downloads import download_routes
from studiolo.server.http.errors import install_error_handlers
from studiolo.server.http.head_middleware import HeadAsGet
from studiolo.server.http.hub import hub_routes
from studiolo.server.http.logging import LogRequests, counting
from studiolo.server.http.machine import machine_routes
from studiolo.server.http.mcp import mcp_routes
from studiolo.server.http.models import model_routes
from studiolo.server.http.network import network_routes
from studiolo.server.http.older import older_routes
from studiolo.server.http.openai import openai_routes
from studiolo.server.http.plain_paths import PlainPaths
from studiolo.server.http.runtimes import runtime_routes
from studiolo.server.http.server import StatusReader, server_routes
from studiolo.server.http.target import WholeAddresses
from studiolo.server.http.upstreams import upstream_routes
from studiolo.server.library.leftovers import remove_leftovers
from studiolo.server.library.sampling import Recommendations
from studiolo.server.library.scan import Library
from studiolo.server.library.usage import Usage
from studiolo.server.machine.info import MachineReader
from studiolo.server.mcp.service import McpService
from studiolo.server.notices import Notices
from studiolo.server.ports import Listening
from studiolo.server.request_log import RequestLogbook
from studiolo.server.request_usage import USAGE_FILE, RequestUsage
from studiolo.server.runtime_desk import RuntimeDesk
from studiolo.server.runtime_trials import RuntimeTrials
from studiolo.server.runtimes.install import RuntimeInstaller
from studiolo.server.runtimes.manifest import MANIFEST_FILE, ManifestKeeper
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.settings import ServerSettingsStore
from studiolo.server.tokens import TokenStore
from studiolo.server.tokens_file import TOKENS_FILE, have_tokens

logger = logging.getLogger(__name__)

_DAY = 86400.0


@dataclass(frozen=True)
class ServerApp:
    """The ASGI application, and what is behind it.

    Whoever runs it closes the pool first, ends the connections of MCP next, and closes what is kept last. `api` has the
    routes alone, without what guards and logs them.
    """

    asgi: ASGIApp
    api: FastAPI
    pool: InstancePool
    store: ResponseStore
    downloads: DownloadService
    mcp: McpService
    logbook: RequestLogbook
    usage: RequestUsage
    runtimes: RuntimeRegistry
    starter: Starter
    desk: RuntimeDesk
    upstreams: UpstreamService
    model_folders: Callable[[], list[Path]]

    async def open(self) -> None:
        """Find out what must be known before the first request."""
        await asyncio.to_thread(self.runtimes.all)
        await self.downloads.queue.load()
        await self.desk.clean_up()
        await self.mcp.open()
        await self.upstreams.open()

    async def run(self) -> None:
        """Do what goes on beside the requests, until cancelled: downloads, the store's upkeep, the usage's counts."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.downloads.run())
            tasks.create_task(self.mcp.run())
            tasks.create_task(self.upstreams.run())
            tasks.create_task(self._upkeep())
            tasks.create_task(self.usage.run())
            tasks.create_task(self.starter.run())
            tasks.create_task(self._clean_up())

    async def _clean_up(self) -> None:
        """Remove what a server that was killed left behind."""
        own, *others = self.model_folders()
        await asyncio.to_thread(remove_leftovers, own, others)

    async def _upkeep(self) -> None:
        """Forget old chats, now and once a day, until cancelled."""
        while True:
            try:
                if count := await self.store.expire():
                    logger.info("%d kept responses were not used for long and are deleted", count)
            except AppError as error:
                logger.warning("%s (%s)", error, error.details)
            await asyncio.sleep(_DAY)


def read_settings(paths: Paths, notices: Notices) -> ServerSettingsStore:
    """Return the settings of a server on the folders of `paths`."""
    return ServerSettingsStore(
        paths.config / "server.json", guarded=have_tokens(paths.data / TOKENS_FILE), notices=notices
    )


def build_app(
    paths: Paths,
    settings: ServerSettingsStore,
    *,
    local_key: str,
    notices: Notices | None = None,
    listening: Listening | None = None,
) -> ServerApp:
    """Wire a server on the folders of `paths`. Nothing is started yet.

    Args:
        paths: The folders.
        settings: Those in force.
        local_key: What this machine's own programs may send instead of a token.
        notices: Hears of damaged files.
        listening: Where it is going to listen.
    """
    notices = notices or Notices()
    library = Library(_model_folders(paths, settings.current), adopt=settings.current.adopt_models)
    library.selected = settings.current.selected_variants
    tokens = TokenStore(paths.data / TOKENS_FILE, notices)
    request_usage = RequestUsage(paths.data / USAGE_FILE, tell=notices.add)
    logbook = RequestLogbook(counting(request_usage))
    runtimes = RuntimeRegistry(paths, tell=notices.add)
    starter = Starter(runtimes, sockets=paths.runtime / "engines")
    usage = Usage(paths.data / "usage.json", tell=notices.add)
    recommended = Recommendations(lambda: downloads.catalog.last)
    calibration = Calibration(paths.data / CALIBRATION_FILE, tell=notices.add)
    host = EngineHost(starter.cards, lambda: starter.runtime, calibration.factor)
    network = Network(
        lambda: choice_of(settings.current, settings.current.proxy_password),
        ConnectionLedger(paths.data / "server_connections.jsonl"),
    )
    upstreams = UpstreamService(paths, lambda: settings.current, notices, network=network)
    pool = InstancePool(
        library,
        starter.start,
        lambda: settings.current,
        on_use=usage.note,
        recommended=recommended.of,
        host=host,
        measured=measuring(calibration, host),
        remote=upstreams,
    )
    store = ResponseStore(
        paths.data / "responses.sqlite", keep_days=settings.current.keep_responses_days, tell=notices.add
    )
    mcp = McpService(paths, lambda: settings.current, notices, network=network)
    machine = MachineReader(lambda: _model_folders(paths, settings.current))

    status = StatusReader(listening or Listening(), pool, lambda: upstreams.busy)

    def on_incoming(files: frozenset[Path]) -> None:
        library.incoming = files

    installer = RuntimeInstaller(runtimes.folder, lambda: int(settings.current.disk_reserve_gb * 1e9), runtimes.rescan)
    downloads = DownloadService(
        paths, lambda: settings.current, on_incoming, network=network, runtimes=installer, tell=notices.add
    )
    library.aliases = lambda: downloads.catalog.last.keys()

    def on_change(changed: ServerSettings) -> None:
        library.folders = _model_folders(paths, changed)
        library.adopt = changed.adopt_models
        library.selected = changed.selected_variants
        network.enforce()
        downloads.settings_changed()
        store.keep_days = changed.keep_responses_days
        pool.settings_changed()

    settings.on_change(on_change)
    manifest = ManifestKeeper(paths.data / MANIFEST_FILE, tell=notices.add)
    trials = RuntimeTrials(starter, sockets=paths.runtime / "engines")
    desk = RuntimeDesk(runtimes, manifest, installer, downloads, RuntimeFiles(network), pool, trials)
    app = FastAPI(
        title="Studiolo",
        version=__version__,
        description="The LM Studio REST API, version 1. Operations marked x-extension are Studiolo's own.",
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    install_error_handlers(app)
    for router in (
        chat_routes(pool, store, mcp),
        download_routes(downloads, lambda: settings.current),
        hub_routes(downloads.offers, lambda: settings.current),
        model_routes(pool, library, downloads, usage, paths.models, upstreams),
        openai_routes(pool, store, mcp),
        anthropic_routes(pool),
        older_routes(pool),
        mcp_routes(mcp, pool),
        runtime_routes(desk),
        server_routes(settings, tokens, logbook, request_usage, status),
        network_routes(network, lambda: settings.current),
        upstream_routes(upstreams),
        machine_routes(machine, pool, BenchmarkFile(paths.data / BENCHMARKS_FILE, tell=notices.add)),
    ):
        # Not include_router: it would make every route once more, a tenth of a second of a server's start.
        app.router.routes.extend(router.routes)
    _describe(app)
    guarded = AccessControl(HeadAsGet(app), settings=lambda: settings.current, tokens=tokens, local_key=local_key)
    asgi = WholeAddresses(LogRequests(PlainPaths(guarded), logbook=logbook, settings=lambda: settings.current))
    return ServerApp(
        *(asgi, app, pool, store, downloads, mcp, logbook, request_usage, runtimes, starter, desk, upstreams),
        model_folders=lambda: _model_folders(paths, settings.current),
    )


def _describe(app: FastAPI) -> None:
    """Answer with the OpenAPI document. It takes the first one half a second, in which no reply should stand still."""

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi_document() -> Response:
        """The routes, as OpenAPI describes them."""
        content = await asyncio.to_thread(lambda: json.dumps(app.openapi()))
        return Response(content, media_type="application/json")


def _model_folders(paths: Paths, settings: ServerSettings) -> list[Path]:
    return [paths.models, *(Path(folder).expanduser() for folder in settings.model_folders)]
