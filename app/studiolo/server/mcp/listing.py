"""The servers of mcp.json as they are listed: set up so, doing so, with tools that cost so much."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from studiolo.api.mcp import SECRET_REFERENCE, McpServerEntry, McpServerInfo, McpServers, ToolInfo
from studiolo.api.settings import SECRET
from studiolo.errors import McpServerError, NotFoundError
from studiolo.redaction import redact
from studiolo.server.mcp.contract import McpTool, ServerName
from studiolo.server.mcp.policies import Policies
from studiolo.server.mcp.service import McpService

_BYTES_PER_TOKEN = 3.5
"""Of a definition: JSON is mostly short words and punctuation."""
_HIDDEN = ("env", "headers", "auth")


async def list_servers(mcp: McpService, *, secrets: bool) -> McpServers:
    """Return all servers, none connected by it. secrets: whether values that may be secret are shown."""
    labels = list(mcp.config.entries)
    infos = await asyncio.gather(*(describe_server(mcp, label, secrets=secrets) for label in labels))
    return McpServers(servers=list(infos), file=str(mcp.config.path), problem=mcp.config.problem)


async def describe_server(mcp: McpService, label: str, *, secrets: bool) -> McpServerInfo:
    """Describe one server as it is doing. Raises NotFoundError."""
    entry = mcp.config.entries.get(label)
    if entry is None:
        raise no_server(label)
    name = ServerName(label)
    status = mcp.sessions.status(name)
    policies, known = mcp.approvals.policies, status.tools
    # In a thread: a page asks for this every two seconds, and there may be thousands.
    tools = (
        None if known is None else await asyncio.to_thread(lambda: [describe_tool(tool, policies) for tool in known])
    )
    info = McpServerInfo(
        label=label,
        id=name.id,
        kind="url" if entry.url else "program",
        entry=entry if secrets else without_secrets(entry),
        state=status.state,
        error=status.error,
        hint=status.hint,
        revision=status.revision,
        name=status.name,
        version=status.version,
        instructions=status.instructions,
        tools=tools,
        signed_in=await mcp.signed_in(label) if entry.url else None,
    )
    under_way, failure = mcp.sign_in_state(label)
    info.signing_in = under_way or None
    info.sign_in_error = str(failure) if failure else None
    if entry.disabled:
        info.state, info.error, info.hint = "off", None, None
    else:
        try:
            mcp.config.spec(label)
        except McpServerError as error:
            info.state, info.error, info.hint = "failed", error.message, error.hint or None
    return info


def describe_tool(tool: McpTool, policies: Policies) -> ToolInfo:
    """Describe a tool, and what was said of it."""
    policy, changed = policies.of(tool)
    return ToolInfo(
        name=tool.name,
        description=tool.description,
        input_schema=tool.input_schema,
        hints=tool.hints,
        digest=tool.digest,
        policy=policy,
        changed=changed,
        tokens=estimated_tokens(tool),
    )


def offer(tool: McpTool, model_name: str | None = None) -> dict[str, Any]:
    """Return a tool as a model is offered it, in OpenAI's form."""
    function = {"name": model_name or tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": function}


def estimated_tokens(tool: McpTool) -> int:
    """Return the tokens that a definition takes of a context, whichever the model."""
    return round(len(json.dumps(offer(tool), ensure_ascii=False).encode(errors="replace")) / _BYTES_PER_TOKEN)


def without_secrets(entry: McpServerEntry) -> McpServerEntry:
    """Return an entry for those who may use a server, but not set it up: no value that may be secret is in it."""
    data = entry.model_dump(mode="json")
    known = {name: data[name] for name in McpServerEntry.model_fields if name in data}
    for name in _HIDDEN:
        if isinstance(known.get(name), dict):
            known[name] = {key: _hidden(value) for key, value in known[name].items()}
    if entry.args:
        known["args"] = [redact(text) for text in entry.args]
    if entry.url:
        known["url"] = _bare(entry.url)
    return McpServerEntry.model_validate(known)


def _hidden(value: Any) -> Any:
    return value if isinstance(value, str) and value.startswith(SECRET_REFERENCE) else SECRET


def _bare(url: str) -> str:
    """Without a password, and without what comes after the path."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return redact(urlunsplit((parts.scheme, host, parts.path, "", "")))
    except ValueError:
        return SECRET


def no_server(label: str) -> NotFoundError:
    """Return the NotFoundError for a label that no server of mcp.json has."""
    return NotFoundError(
        f"No MCP server '{label[:80]}' is set up here.",
        what="mcp server",
        code="mcp_server_not_found",
        hint="GET /api/v1/mcp/servers lists them.",
    )
