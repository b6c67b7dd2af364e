"""A request as a program sends it: the same in curl, Python and TypeScript. The token is that of LM_API_TOKEN."""

import json
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from studiolo.desktop.server.endpoints import Endpoint

CURL, PYTHON, TYPESCRIPT = "curl", "python", "typescript"
LANGUAGES = (CURL, PYTHON, TYPESCRIPT)


@dataclass(frozen=True)
class WrittenRequest:
    """A request as a person has filled it in. body: JSON, or None for none."""

    method: str
    path: str
    body: str | None

    @property
    def streams(self) -> bool:
        """Return whether the answer comes as events."""
        try:
            data: Any = json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return False
        asked = isinstance(data, dict) and data.get("stream") is True
        return asked or self.path.partition("?")[0].endswith(("/events", "/log/stream"))


def fill_path(endpoint: Endpoint, values: dict[str, str]) -> str:
    """Return an endpoint's path with its parameters; those of the query that are empty are left out."""
    path = endpoint.path
    for one in endpoint.parameters:
        if one.in_path:
            # Keys of models have slashes, which their routes take as they are.
            written = quote(values.get(one.name, ""), safe="/@:")
            path = path.replace(f"{{{one.name}}}", written).replace(f"{{{one.name}:path}}", written)
    query = [
        f"{quote(one.name)}={quote(values[one.name])}"
        for one in endpoint.parameters
        if not one.in_path and values.get(one.name)
    ]
    return f"{path}?{'&'.join(query)}" if query else path


def code_for(language: str, address: str, request: WrittenRequest) -> str:
    """Return the lines that send a request to the server at an address (without a slash at its end)."""
    makers = {CURL: _curl, PYTHON: _python, TYPESCRIPT: _typescript}
    return makers[language](f"{address}{request.path}", request)


def _curl(url: str, request: WrittenRequest) -> str:
    first = "curl -N" if request.streams else "curl"
    method = "" if request.method == "GET" else f" -X {request.method}"
    lines = [f"{first}{method} {shlex.quote(url)}", '  -H "Authorization: Bearer $LM_API_TOKEN"']
    if request.body is not None:
        lines += ['  -H "Content-Type: application/json"', f"  -d {shlex.quote(request.body)}"]
    return " \\\n".join(lines)


def _python(url: str, request: WrittenRequest) -> str:
    lines = ["import os", "", "import httpx", ""]
    lines.append('headers = {"Authorization": f"Bearer {os.environ[\'LM_API_TOKEN\']}"}')
    body = ""
    if request.body is not None:
        lines.append(f"body = {_as_python(request.body)}")
        body = ", json=body"
    if request.streams:
        lines += [
            f'with httpx.stream("{request.method}", {json.dumps(url)}, headers=headers{body}, timeout=None) as answer:',
            "    for line in answer.iter_lines():",
            "        print(line)",
        ]
    else:
        lines += [
            f'answer = httpx.request("{request.method}", {json.dumps(url)}, headers=headers{body}, timeout=None)',
            "print(answer.status_code, answer.text)",
        ]
    return "\n".join(lines)


def _as_python(body: str) -> str:
    """Return JSON as a literal of Python; what is no JSON stays as it is, for its writer to see."""
    try:
        return _literal(json.loads(body), 0)
    except (ValueError, RecursionError):
        return body


def _literal(data: Any, depth: int) -> str:
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(data, dict) and data:
        rows = [f"{inner}{_literal(name, 0)}: {_literal(value, depth + 1)},\n" for name, value in data.items()]
        return "{\n" + "".join(rows) + outer + "}"
    if isinstance(data, list) and any(isinstance(one, dict | list) for one in data):
        return "[\n" + "".join(f"{inner}{_literal(one, depth + 1)},\n" for one in data) + outer + "]"
    if isinstance(data, str):
        # Python reads JSON's strings as they are.
        return json.dumps(data, ensure_ascii=False)
    if isinstance(data, list):
        return "[" + ", ".join(_literal(one, 0) for one in data) + "]"
    return repr(data)


def _typescript(url: str, request: WrittenRequest) -> str:
    lines = [
        f"const answer = await fetch({json.dumps(url)}, {{",
        f'  method: "{request.method}",',
        "  headers: {",
        "    Authorization: `Bearer ${process.env.LM_API_TOKEN}`,",
    ]
    if request.body is not None:
        lines.append('    "Content-Type": "application/json",')
    lines.append("  },")
    if request.body is not None:
        indented = request.body.replace("\n", "\n  ")
        lines.append(f"  body: JSON.stringify({indented}),")
    lines.append("});")
    if request.streams:
        lines += [
            "const decoder = new TextDecoder();",
            "for await (const chunk of answer.body!) {",
            "  console.log(decoder.decode(chunk, { stream: true }));",
            "}",
        ]
    else:
        lines.append("console.log(answer.status, await answer.text());")
    return "\n".join(lines)
