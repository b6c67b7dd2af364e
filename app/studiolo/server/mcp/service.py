"""All of MCP in one place: what is set up, what is connected, what may run, and what was run."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from studiolo.api.chat import Integration
from studiolo.api.settings import ServerSettings
from studiolo.errors import AppError, McpServerError
from studiolo.network.network import Network
from studiolo.paths import Paths
from studiolo.server.mcp.approvals import ToolApprovals
from studiolo.server.mcp.config import FILE, McpConfig
from studiolo.server.mcp.contract import Caller, ServerName, ServerSpec, Toolset, Wanted
from studiolo.server.mcp.ledger import LEDGER_FILE, ToolLedger
from studiolo.server.mcp.permits import wanted_servers
from studiolo.server.mcp.policies import POLICIES_FILE, Policies
from studiolo.server.mcp.sdk import import_with_sdk
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets

if TYPE_CHECKING:
    import httpx2

    from studiolo.server.mcp.oauth import SignIns

logger = logging.getLogger(__name__)

SECRETS_FILE = "mcp_secrets.json"
"""In the data folder, where there is no keyring."""
_KNOWN_SECONDS = 0.5
"""So long a listing waits to hear whether a server is signed in to: a keyring may take its time."""


class McpService:
    """Implements Mcp on the folders of `paths`. Nothing is read before `open`, nothing connected before it is used."""

    def __init__(
        self, paths: Paths, settings: Callable[[], ServerSettings], notices: Notices, *, network: Network
    ) -> None:
        self._settings = settings
        self._network = network
        secrets = self._secrets = Secrets(paths.data / SECRETS_FILE, notices)
        self.config = McpConfig(paths.config / FILE, secrets, notices)
        self.sessions = McpSessions(paths.runtime / "mcp", auth=self._auth, network=network)
        policies = Policies(paths.data / POLICIES_FILE, tell=notices.add)
        self.approvals = ToolApprovals(policies)
        self.ledger = ToolLedger(
            paths.data / LEDGER_FILE, in_full=lambda: settings().log_tool_calls, cut=secrets.cut, tell=notices.add
        )
        self._sign_ins: SignIns | None = None
        self._signed_in: dict[str, bool | None] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def rounds(self) -> int:
        """Return how often a model may call tools in one turn."""
        return self._settings().mcp_rounds

    async def open(self) -> None:
        """Find out what must be known before the first request. Never raises for what is in a file."""
        await self.config.open()

    async def run(self) -> None:
        """Watch mcp.json beside the requests, until cancelled."""
        self.sessions.start()
        await self.config.watch(self.changed)

    async def disconnect(self) -> None:
        """End every connection, program and open question. Bounded in time; nothing is connected after it."""
        self.approvals.close()
        for task in self._tasks:
            task.cancel()
        if self._sign_ins is not None:
            await self._sign_ins.aclose()
        await self.sessions.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Let go of the ledger, once no request can enter anything in it any more."""
        await self.ledger.aclose()

    def check(self, integrations: Sequence[Integration] | None, caller: Caller) -> list[Wanted]:
        """Return the servers that a request asks for; see Mcp."""
        return wanted_servers(integrations, caller, self._settings(), self.config.spec)

    def toolset(self, wanted: Sequence[Wanted], *, tolerant: bool = False) -> AbstractAsyncContextManager[Toolset]:
        """Return the tools of a request; see Mcp."""
        return open_toolset(self.sessions, wanted, tolerant=tolerant)

    def changed(self, labels: frozenset[str]) -> None:
        """End connections to servers of mcp.json that are new, other or gone."""
        for label in labels:
            self._signed_in.pop(label, None)
            self._keep(asyncio.create_task(self._drop(label)))

    async def sign_ins(self) -> "SignIns":
        """Return the sign-ins, with the SDK that they take."""
        if self._sign_ins is None:
            await asyncio.to_thread(import_with_sdk, "oauth")
        return self._signing_in()

    def forget_sign_in(self, spec: ServerSpec) -> None:
        """Sign out of a server that is removed, beside everything else; what fails with it is logged."""
        self._keep(asyncio.create_task(self._sign_out(spec)))

    async def _sign_out(self, spec: ServerSpec) -> None:
        try:
            await (await self.sign_ins()).sign_out(spec)
        except AppError as error:
            logger.warning("the sign-in to %s could not be given up: %s", spec.name.id, error)

    async def signed_in(self, label: str) -> bool | None:
        """Return whether a server is signed in to, as far as that is known by now.

        It is None where no sign-in is known to be needed.
        """
        # One question for all who look: a keyring that does not answer holds a thread for each.
        if label not in self._asking:
            self._asking[label] = task = asyncio.create_task(self._find_out(label))
            task.add_done_callback(lambda _done: self._asking.pop(label, None))
            self._keep(task)
        await asyncio.wait([self._asking[label]], timeout=_KNOWN_SECONDS)
        return self._signed_in.get(label)

    def sign_in_state(self, label: str) -> tuple[bool, AppError | None]:
        """Return whether a person signs in to a server just now, and why the last sign-in failed."""
        sign_ins = self._sign_ins
        return (sign_ins.under_way(label), sign_ins.failure(label)) if sign_ins else (False, None)

    async def _find_out(self, label: str) -> None:
        try:
            self._signed_in[label] = await (await self.sign_ins()).signed_in(label)
        except Exception as error:  # noqa: BLE001  # a listing goes on without it
            logger.warning("whether '%s' is signed in to is not known: %r", label, error)

    async def _drop(self, label: str) -> None:
        with contextlib.suppress(McpServerError):
            await self.sessions.drop(ServerName(label))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _auth(self, spec: ServerSpec) -> "httpx2.Auth | None":
        return self._signing_in().auth(spec)

    def _signing_in(self) -> "SignIns":
        if self._sign_ins is None:
            # Imported by now, in a thread: with these the SDK is imported, and a server without MCP starts faster.
            from studiolo.server.mcp.oauth import SignIns

            self._sign_ins = SignIns(
                self._secrets, self._sign_in_client, lambda label: self.changed(frozenset({label}))
            )
        return self._sign_ins

    def _sign_in_client(self, spec: ServerSpec) -> "httpx2.AsyncClient":
        """What is sent to a server itself is nothing for the server that signs in to it."""
        from studiolo.server.mcp.web import Refusal, make_client

        return make_client(replace(spec, headers={}), Refusal(), network=self._network)
