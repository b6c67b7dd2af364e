"""A request as a line for a terminal. No token is in it: it says `$LM_API_TOKEN`."""

import json
import shlex
from urllib.parse import quote

from studiolo.api.server import RequestDetails, RequestEntry

TOKEN_VARIABLE = "LM_API_TOKEN"
_PATH_SIGNS = "/:@!$&'()*+,;=~-._%"


def curl_of(base: str, entry: RequestEntry) -> str:
    """Return the command that sends a request again, as far as it is kept.

    base: the address of the server, without a slash at its end.
    """
    details = entry if isinstance(entry, RequestDetails) else None
    lines = ["curl" if entry.method == "GET" else f"curl -X {shlex.quote(entry.method)}"]
    lines[0] += f" {shlex.quote(address_of(base, entry))}"
    # In double quotes, so that the shell puts the token in.
    lines.append(f'-H "Authorization: Bearer ${TOKEN_VARIABLE}"')
    if details and isinstance(details.body, str) and details.body:
        lines.append(f"-H {shlex.quote(f'Content-Type: {content_type_of(details)}')}")
        lines.append(f"-d {shlex.quote(details.body)}")
    return " \\\n  ".join(lines)


def address_of(base: str, entry: RequestEntry) -> str:
    """Return the whole address of a request."""
    query = entry.query if isinstance(entry, RequestDetails) else ""
    return f"{base}{path_of(entry)}{f'?{query}' if query else ''}"


def path_of(entry: RequestEntry) -> str:
    """Return the path of a request as it is written in an address."""
    return quote(entry.route, safe=_PATH_SIGNS)


def content_type_of(details: RequestDetails) -> str:
    """Return what the body of a request is."""
    told = next((one.value for one in details.request_headers if one.name.lower() == "content-type"), "")
    return told or "application/json"


def pretty(text: str) -> str:
    """Return JSON with a line for each entry; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
