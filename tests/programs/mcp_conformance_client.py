"""What the conformance suite of MCP starts: our connections and sign-ins, with a browser that clicks what it is shown.

The last argument is the address of the server; what it should do is in the environment.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from studiolo.errors import McpServerError, ToolError
from studiolo.network.network import Network
from studiolo.server.mcp.contract import ElicitationReply, Question, ServerName, ServerSpec
from studiolo.server.mcp.failures import SignInNeededError
from studiolo.server.mcp.oauth import SignIns
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.web import Refusal, make_client
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from tests.stands.ring import ring_in_use

_DOCUMENT = "https://conformance-test.local/client-metadata.json"
_MOST_SIGN_INS = 3
_ARGUMENTS = {"add_numbers": {"a": 5, "b": 3}}
_ECHOED, _ECHO = "json_schema_2020_12_tool", "json_schema_echo"
"""A tool, and the one that wants to see how the first one's schema came here."""


class Person:
    """Accepts every form as it is, with what it suggests."""

    async def answer(self, question: Question) -> ElicitationReply:
        fields = (question.schema or {}).get("properties", {})
        return ElicitationReply(
            "accept", {name: field["default"] for name, field in fields.items() if "default" in field}
        )

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        pass


def _auth(scenario: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """As a person would write it into mcp.json."""
    if scenario == "auth/basic-cimd":
        return {"CLIENT_ID": _DOCUMENT}
    if "client_id" not in context:
        return None
    auth = {"CLIENT_ID": context["client_id"]}
    if "private_key_pem" in context:
        return auth | {
            "PRIVATE_KEY": context["private_key_pem"],
            "ALGORITHM": context.get("signing_algorithm", "ES256"),
        }
    auth["CLIENT_SECRET"] = context["client_secret"]
    return auth | ({"grant_type": "client_credentials"} if "client-credentials" in scenario else {})


async def _use(sessions: McpSessions, spec: ServerSpec, context: dict[str, Any]) -> None:
    async with sessions.session(spec) as session:
        tools = {tool.name: tool for tool in await session.tools()}
        calls = [(call["name"], call["arguments"]) for call in context.get("toolCalls", ())]
        for name in () if calls else tools:
            schema = {"schema": tools[_ECHOED].input_schema} if name == _ECHO and _ECHOED in tools else {}
            calls.append((name, _ARGUMENTS.get(name, schema)))
        for name, arguments in calls:
            await session.call(name, arguments, Person())


async def _click(url: str) -> None:
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False, timeout=60) as browser:
        (await browser.get(url)).raise_for_status()


async def main(url: str) -> None:
    scenario = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    spec = ServerSpec(ServerName("suite"), url=url, auth=_auth(scenario, context), timeout=15)
    with tempfile.TemporaryDirectory() as folder:
        sign_ins = SignIns(
            Secrets(Path(folder) / "secrets.json", Notices()),
            lambda one: make_client(one, Refusal(), network=Network()),
            lambda _label: None,
        )
        sessions = McpSessions(Path(folder) / "run", auth=sign_ins.auth)
        try:
            for _ in range(_MOST_SIGN_INS):
                try:
                    await _use(sessions, spec, context)
                    return
                except SignInNeededError:
                    pass
                except ToolError as error:
                    print(error, file=sys.stderr)
                    if "sign-in" not in error.message:
                        raise
                await _click(await sign_ins.begin_sign_in(spec))
                await sign_ins.wait(spec.name.label)
                await sessions.drop(spec.name)
            raise SystemExit("it asks for a sign-in again and again")
        finally:
            await sign_ins.aclose()
            await sessions.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    with ring_in_use():
        try:
            asyncio.run(main(sys.argv[-1]))
        except (McpServerError, ToolError) as error:
            raise SystemExit(f"{error} {error.details}") from None
