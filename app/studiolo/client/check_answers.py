"""What an answer of the documented API must look like (spec sections 1 to 5), for who checks a server."""

import json
import re
from collections.abc import Mapping
from typing import Any

from studiolo.client.client import EVENT_STREAM, RecordedAnswer
from studiolo.client.errors import UNEXPECTED_ENDPOINT
from studiolo.client.sse import SseParser
from studiolo.errors import AppError
from studiolo.redaction import redact

_SHOWN_CHARACTERS = 300
_RESPONSE_ID = re.compile(r"resp_[0-9a-zA-Z]+")
_OUTPUT_TYPES = ("reasoning", "message", "tool_call", "invalid_tool_call")
_NUMBER = (int, float)

Shape = Mapping[str, type | tuple[type, ...]]
ENTRY: Shape = {"type": str, "key": str, "size_bytes": int, "loaded_instances": list, "max_context_length": int}
LOADED: Shape = {"type": str, "instance_id": str, "load_time_seconds": _NUMBER, "status": str}
_CHAT: Shape = {"model_instance_id": str, "output": list, "stats": dict}
_STATS: Shape = {
    "input_tokens": int,
    "total_output_tokens": int,
    "tokens_per_second": _NUMBER,
    "time_to_first_token_seconds": _NUMBER,
}


class WrongAnswer(Exception):
    """An answer is not what it should be: what was expected, and what came."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.came = came


class NotOffered(Exception):
    """The server does not have this route."""


def shown(content: Any) -> str:
    """Return the beginning of what came, without tokens, in one line."""
    text = content.decode(errors="replace") if isinstance(content, bytes) else json.dumps(content)
    return redact(" ".join(text[: 4 * _SHOWN_CHARACTERS].split()))[:_SHOWN_CHARACTERS]


def answer_of(came: RecordedAnswer, *, status: int = 200) -> Any:
    """Return the JSON of an answer that has this status. Raises WrongAnswer, NotOffered."""
    data = _json(came)
    error = data.get("error") if isinstance(data, dict) else None
    if came.status in (405, 501) or message_of(error).startswith(UNEXPECTED_ENDPOINT):
        raise NotOffered
    if came.status == 404 and not isinstance(error, dict):
        raise NotOffered
    if came.status != status:
        raise WrongAnswer(f"status {status}", f"status {came.status}: {shown(came.content)}")
    if data is None or (status == 200 and error):
        raise WrongAnswer("JSON as the API has it", shown(came.content) or "nothing")
    return data


def refusal_of(came: RecordedAnswer, status: int, *words: str) -> None:
    """Check that a request was refused, with one of these types or codes. Raises WrongAnswer, NotOffered."""
    data = answer_of(came, status=status)
    error = data.get("error") if isinstance(data, dict) else None
    told = {str(error.get("type")), str(error.get("code"))} if isinstance(error, dict) else set()
    if not told & set(words):
        raise WrongAnswer(f"an error of the type or code {' or '.join(words)}", shown(came.content))


def unknown_route_of(came: RecordedAnswer) -> None:
    """Check the refusal of a route that nobody has. Raises WrongAnswer."""
    data = _json(came)
    error = data.get("error") if isinstance(data, dict) else None
    if came.status != 404 or not message_of(error).startswith(UNEXPECTED_ENDPOINT):
        raise WrongAnswer(f"status 404, “{UNEXPECTED_ENDPOINT} …”", f"status {came.status}: {shown(came.content)}")


def has(data: Any, shape: Shape, what: str) -> dict[str, Any]:
    """Return `data` as an object that has these fields. Raises WrongAnswer."""
    if not isinstance(data, dict):
        raise WrongAnswer(f"{what} as an object", shown(data))
    for name, kind in shape.items():
        value = data.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise WrongAnswer(f"{what} with “{name}”", shown(data))
    return data


def chat_of(data: Any, *, stored: bool) -> dict[str, Any]:
    """Return the answer to a turn of a chat. Raises WrongAnswer."""
    answer = has(data, _CHAT, "an answer")
    has(answer["stats"], _STATS, "stats")
    kinds = [item.get("type") if isinstance(item, dict) else None for item in answer["output"]]
    # A model may end at once, without a word.
    if any(kind not in _OUTPUT_TYPES for kind in kinds):
        raise WrongAnswer("output items of the documented types", shown(answer["output"]))
    if stored and not _RESPONSE_ID.fullmatch(str(answer.get("response_id"))):
        raise WrongAnswer("a “response_id” that begins with resp_", shown(answer.get("response_id")))
    return answer


def stream_of(came: RecordedAnswer) -> list[tuple[str, Any]]:
    """Return the names and data of a stream's events. Raises WrongAnswer, NotOffered."""
    if came.content_type != EVENT_STREAM:
        answer_of(came)
        raise WrongAnswer(f"the content type {EVENT_STREAM}", came.content_type or "none")
    try:
        events = SseParser().feed(came.content)
        return [(one.event, None if one.data == "[DONE]" else json.loads(one.data)) for one in events]
    except (AppError, ValueError, RecursionError) as error:
        raise WrongAnswer("events with JSON in them", shown(came.content)) from error


def chat_stream_of(came: RecordedAnswer) -> None:
    """Check the events of a turn of a chat. Raises WrongAnswer, NotOffered."""
    events = stream_of(came)
    names = [name for name, _ in events]
    for name, data in events:
        if not isinstance(data, dict) or data.get("type") != name:
            raise WrongAnswer("each event's “type” beside its name", f"{name}: {shown(data)}")
    if not names or names[-1] != "chat.end":
        raise WrongAnswer("chat.end as the last event", names[-1] if names else "no events")
    result = chat_of(events[-1][1].get("result"), stored=False)
    if result["output"] and not {"message.delta", "reasoning.delta"} & set(names):
        raise WrongAnswer("message.delta events", ", ".join(dict.fromkeys(names)))


def message_of(error: Any) -> str:
    """Return what the error of an answer says, whichever of its two shapes it has."""
    return str(error.get("message", "")) if isinstance(error, dict) else error if isinstance(error, str) else ""


def _json(came: RecordedAnswer) -> Any:
    try:
        return json.loads(came.content)
    except (ValueError, RecursionError):
        return None
