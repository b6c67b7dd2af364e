"""What goes wrong at another server, in our words above its own."""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from studiolo.errors import AppError, BusyError, ContextOverflowError, EngineError, RequestError

_MOST_TEXT = 500
"""Characters of a server's own words that are told."""

_LIMITS = (
    # vLLM, OpenAI, Mistral and whoever copies them; SGLang; LM Studio; TGI.
    re.compile(r"maximum context length (?:is|of) (?P<context>\d+)", re.IGNORECASE),
    re.compile(r"longer than the model'?s context length \(?(?P<context>\d+)", re.IGNORECASE),
    re.compile(r"loaded with context length of only (?P<context>\d+)", re.IGNORECASE),
    re.compile(r"`?inputs`? tokens \+ `?max_new_tokens`? must be <= (?P<context>\d+)", re.IGNORECASE),
    re.compile(r"exceeds? the available context size \(?(?P<context>\d+)", re.IGNORECASE),
)
_PROMPTS = (
    re.compile(r"resulted in (\d+) tokens"),
    re.compile(r"\((\d+) (?:in the messages|of text input|in the input)"),
    re.compile(r"contains? (?:at least )?(\d+) input tokens"),
    re.compile(r"The (?:input|prompt) (?:has )?\(?(\d+) tokens"),
    re.compile(r"first (\d+) tokens"),
    re.compile(r"Given: (\d+)"),
    re.compile(r"request(?:ed)? (?:has )?(?:at least )?(\d+) (?:input )?tokens"),
)
_TOOLS_ARE_OFF = re.compile(
    r"tool choice requires (--[\w-]+(?: and --[\w-]+)*)|tools? (?:param|use|calling)?.{0,40}not supported", re.I
)
_NO_IMAGES = re.compile(
    r"not a multimodal model|image input is not supported|does not support image|at most 0 image|"
    r"image_url is only supported by certain models|not support(?:ed)? .{0,40}(?:image|vision)",
    re.IGNORECASE,
)


class UpstreamError(EngineError):
    """Another server failed: it may work elsewhere, and is not asked there before others for a while."""


class UpstreamBusyError(BusyError):
    """Another server has too much to do. retry_after: seconds that it asks to wait; None where it does not say."""

    def __init__(self, message: str, *, retry_after: float | None, hint: str, details: str) -> None:
        super().__init__(message, hint=hint, details=details)
        self.retry_after = retry_after


class NoToolsError(RequestError):
    """Another server takes no tools for a model. advice: how that is switched on there; empty where it can't be."""

    def __init__(self, message: str, *, advice: str, details: str) -> None:
        super().__init__(message, param="tools", code="invalid_value", hint=advice, details=details)
        self.advice = advice


class NoImagesError(RequestError):
    """Another server takes no images for a model."""


def own_words(content: bytes) -> str:
    """Return what a server says is wrong, from the body of its answer, in one line."""
    try:
        text = _told(json.loads(content))
    except (ValueError, RecursionError):
        text = content.decode(errors="replace")
    return one_line(text)


def one_line(text: str) -> str:
    """Return what a server says in one line that is not too long, without what could steer a terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())[:_MOST_TEXT]


def error_line(event: Any) -> str | None:
    """Return what is wrong where an event of a stream says that something is; None for any other."""
    if not isinstance(event, dict):
        return "It sent something else than a piece of a reply."
    if event.get("error"):
        return one_line(_told(event)) or "It does not say why."
    return one_line(_told(event)) if event.get("object") == "error" else None


def refusal(status: int, content: bytes, retry_after: str | None, *, place: str, model: str) -> AppError:
    """Return the error for an answer that is no reply. place: the machine's name and address."""
    said = own_words(content)
    text = said if not said or said.endswith((".", "!", "?")) else f"{said}."
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return UpstreamError(
            f"{place} does not let us in ({status}): {text}".strip(),
            hint="Give it another key: `studiolo upstream add` with the same name replaces it.",
            details=said,
            retryable=False,
        )
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        seconds = _seconds(retry_after)
        wait = f"It asks to wait {seconds:.0f} s." if seconds else "Try again in a while."
        return UpstreamBusyError(
            f"{place} has too much to do ({status}): {text}".strip(), retry_after=seconds, hint=wait, details=said
        )
    if status == HTTPStatus.NOT_FOUND:
        return UpstreamError(f"{place} has no model '{model}' any more: {text}".strip(), details=said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST:
        if _NO_IMAGES.search(said):
            return _without_images(place, model, said)
        return UpstreamError(f"{place} could not answer ({status}): {text}".strip(), hint="Try again.", details=said)
    return _at_fault(content, said, place=place, model=model)


def broken_reply(said: str, *, place: str) -> AppError:
    """Return the error for a reply whose server says in the middle that it can't go on."""
    said = said if said.endswith((".", "!", "?")) else f"{said}."
    return _overflow(said, place) or UpstreamError(f"{place} could not go on: {said}", hint="Try again.", details=said)


def cut_reply(place: str, details: str = "") -> UpstreamError:
    """Return the error for a reply that ended without its end."""
    return UpstreamError(
        f"{place} broke off in the middle of its reply.",
        hint="Try again: what it said until then is kept.",
        details=details,
    )


def unreachable(place: str, error: Exception) -> UpstreamError:
    """Return the error for a server that could not be asked. error: what the client of HTTP raised."""
    details = f"{type(error).__name__}: {error}"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "The settings have a place for the certificate of your own authority, under Network."
            return UpstreamError(
                f"The certificate of {place} is not trusted.", hint=hint, details=details, retryable=False
            )
        if isinstance(cause, ssl.SSLError):
            hint = "Try it with http:// instead of https://."
            return UpstreamError(f"{place} does not speak https.", hint=hint, details=details, retryable=False)
        if isinstance(cause, socket.gaierror):
            hint = "Check the spelling, and that this machine is on its network."
            return UpstreamError(f"No machine is known by the name of {place}.", hint=hint, details=details)
        if isinstance(cause, ConnectionRefusedError):
            return UpstreamError(f"Nobody listens at {place}.", hint="Is its server started?", details=details)
    return UpstreamError(f"{place} does not answer.", hint="Is it switched on, and on the network?", details=details)


def _at_fault(content: bytes, said: str, *, place: str, model: str) -> AppError:
    """Return the error for a request that a server refuses as it stands."""
    if overflow := _counted_overflow(content, place) or _overflow(said, place):
        return overflow
    if match := _TOOLS_ARE_OFF.search(said):
        advice = f"Switch on {match[1]} where it is started." if match[1] else ""
        return NoToolsError(f"{place} takes no tools for '{model}'.", advice=advice, details=said)
    if _NO_IMAGES.search(said):
        return _without_images(place, model, said)
    return RequestError(f"{place} refused the request: {said}", code="invalid_value", details=said)


def _without_images(place: str, model: str, said: str) -> NoImagesError:
    return NoImagesError(
        f"'{model}' at {place} does not read images.", param="messages", code="invalid_value", details=said
    )


def _counted_overflow(content: bytes, place: str) -> ContextOverflowError | None:
    """Return the error for an overflow with its counts, as llama.cpp and our own servers tell of it."""
    try:
        error = json.loads(content)["error"]
        if error.get("type") != "exceed_context_size_error":
            return None
        return _too_long(place, int(error["n_prompt_tokens"]), int(error["n_ctx"]))
    except (ValueError, OverflowError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def _overflow(said: str, place: str) -> ContextOverflowError | None:
    context = next((int(found["context"]) for pattern in _LIMITS if (found := pattern.search(said))), None)
    if context is None:
        return None
    prompt = next((int(found[1]) for pattern in _PROMPTS if (found := pattern.search(said))), 0)
    return _too_long(place, max(prompt, context + 1), context)


def _too_long(place: str, prompt: int, context: int) -> ContextOverflowError:
    return ContextOverflowError(
        f"The prompt has {prompt} tokens or more, which exceeds the available context size ({context} tokens) "
        f"at {place}.",
        prompt_tokens=prompt,
        context_length=context,
        hint="Shorten the prompt, or start that server with a longer context.",
    )


def _told(body: Any) -> str:
    """Return the message within an error's body: each kind of server has another place for it."""
    for _ in range(3):
        if not isinstance(body, dict):
            break
        body = next((body[key] for key in ("error", "message", "detail", "msg") if body.get(key)), "")
    if isinstance(body, list) and body and isinstance(body[0], dict):
        return str(body[0].get("msg") or body[0])  # FastAPI's list of what is wrong with a body.
    return body if isinstance(body, str) else json.dumps(body)


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a Retry-After; a date there is not worth the reading."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 86400 else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = error.__cause__ or error.__context__ or inner
