"""What may be sent again without a question."""

import json

from studiolo.api.server import RequestDetails

_ASKING = (
    *("/api/v1/chat", "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"),
    *("/v1/messages", "/v1/messages/count_tokens", "/api/v0/chat/completions", "/api/v0/completions"),
    *("/api/v0/embeddings", "/api/v1/models/estimate"),
)
"""Routes that ask a model, or for a figure, and change nothing but what is remembered of it."""
_WITH_TOOLS = ("integrations", "mcp_servers")


def can_be_sent(details: RequestDetails) -> bool:
    """Return whether all of a request is known that has to be sent."""
    return details.body_complete or (details.method in ("GET", "HEAD") and not details.body)


def changes_something(details: RequestDetails) -> bool:
    """Return whether a request may change something beyond a reply: files, settings, or what a tool does."""
    if details.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if details.method != "POST" or details.route not in _ASKING:
        return True
    try:
        body = json.loads(details.body or "{}")
    except (ValueError, RecursionError, TypeError):
        return False
    if not isinstance(body, dict):
        return False
    tools = body.get("tools")
    hosted = (
        [one for one in tools if isinstance(one, dict) and one.get("type") == "mcp"] if isinstance(tools, list) else []
    )
    return bool(hosted) or any(body.get(name) for name in _WITH_TOOLS)
