"""Check a server: ask it what the documented API promises, and tell what holds, one thing after the other."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from studiolo.client.check_answers import (
    ENTRY,
    LOADED,
    NotOffered,
    WrongAnswer,
    answer_of,
    chat_of,
    chat_stream_of,
    has,
    refusal_of,
    shown,
    stream_of,
    unknown_route_of,
)
from studiolo.client.client import Client, RecordedAnswer
from studiolo.client.transport import LOAD_TIMEOUT, QUESTION_TIMEOUT
from studiolo.errors import AppError
from studiolo.redaction import redact

_NOBODY = "studiolo/no-such-model"
_NO_THREAD = "resp_" + "0" * 48
_WORDS = "Say hello."
_TOKENS = 8
"""At most, of each reply: it is not read."""
_CONTEXT = 2048
_TIDY_SECONDS = 20.0
_PATIENCE = httpx.Timeout(180.0, connect=5.0, write=60.0, pool=5.0)
"""Of a short reply, on a slow machine."""


class CheckOutcome(StrEnum):
    """What a check came to."""

    HOLDS = "ok"
    NOT_OFFERED = "not offered"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CheckRow:
    """One check. `expected` and `came`: what is wrong; `came` alone: why it was skipped. Nothing secret is in them."""

    step: str
    title: str
    request: str
    outcome: CheckOutcome
    seconds: float
    expected: str = ""
    came: str = ""


@dataclass(frozen=True)
class LoadableModel:
    """What a check would load: `size` is that of its file, in bytes."""

    key: str
    size: int


class _Skipped(Exception):
    """It can't be checked here, and why."""


class ServerCheck:
    """Runs against the server that a Client talks to. Costs a few short replies of a model.

    may_load: asked before a model is loaded, if none is; it is unloaded at the end.
    """

    def __init__(self, client: Client, *, may_load: Callable[[LoadableModel], Awaitable[bool]]) -> None:
        self._client = client
        self._may_load = may_load
        self._entries: list[dict[str, Any]] = []
        self._instance = ""
        """The model that replies."""
        self._loaded = ""
        """What was loaded for the check, until it is unloaded."""
        self._response = ""
        self.steps = (
            ("greeting", "Greets as LM Studio does", "GET /lmstudio-greeting", self._greeting),
            ("extensions", "Says what it can do beyond the API", "GET /api/v1/server", self._extensions),
            ("models", "Lists its models", "GET /api/v1/models", self._models),
            ("unknown_route", "Refuses an unknown route", "GET /api/v1/no-such-route", self._unknown_route),
            ("unknown_model", "Refuses an unknown model", "POST /api/v1/chat", self._unknown_model),
            ("missing_field", "Says which field is missing", "POST /api/v1/chat", self._missing_field),
            ("unknown_field", "Refuses an unknown field", "POST /api/v1/chat", self._unknown_field),
            ("download_status", "Knows no download that is none", "GET /api/v1/models/download/status/…", self._status),
            ("unload_unknown", "Refuses to unload what is not loaded", "POST /api/v1/models/unload", self._no_unload),
            ("load", "Loads a model", "POST /api/v1/models/load", self._load),
            ("chat", "Replies", "POST /api/v1/chat", self._chat),
            ("stateful", "Goes on from an earlier reply", "POST /api/v1/chat", self._stateful),
            ("unknown_thread", "Refuses an unknown earlier reply", "POST /api/v1/chat", self._unknown_thread),
            ("stream", "Streams a reply", "POST /api/v1/chat", self._stream),
            ("openai_models", "OpenAI: lists models", "GET /v1/models", self._openai_models),
            ("openai_chat", "OpenAI: replies", "POST /v1/chat/completions", self._openai_chat),
            ("openai_stream", "OpenAI: streams a reply", "POST /v1/chat/completions", self._openai_stream),
            ("openai_text", "OpenAI: completes a text", "POST /v1/completions", self._openai_text),
            ("openai_responses", "OpenAI: replies by Responses", "POST /v1/responses", self._openai_responses),
            ("openai_embeddings", "OpenAI: embeds a text", "POST /v1/embeddings", self._openai_embeddings),
            ("anthropic", "Anthropic: replies", "POST /v1/messages", self._anthropic),
            ("unload", "Unloads the model again", "POST /api/v1/models/unload", self._unload),
        )

    async def run(self) -> AsyncGenerator[CheckRow, None]:
        """Yield each check when it is done. Closing the iterator ends it, and unloads what was loaded for it.

        Raises UnreachableError and CertificateError where nobody could be asked at all.
        """
        try:
            for number, (step, title, request, check) in enumerate(self.steps):
                began = time.monotonic()
                outcome, expected, came = CheckOutcome.HOLDS, "", ""
                try:
                    await check()
                except NotOffered:
                    outcome = CheckOutcome.NOT_OFFERED
                except _Skipped as reason:
                    outcome, came = CheckOutcome.SKIPPED, str(reason)
                except WrongAnswer as wrong:
                    outcome, expected, came = CheckOutcome.WRONG, wrong.expected, redact(wrong.came)
                except AppError as error:
                    if number == 0:
                        raise
                    outcome, expected, came = CheckOutcome.WRONG, "an answer", redact(error.message)
                seconds = time.monotonic() - began
                yield CheckRow(step, title, request, outcome, seconds, expected, came)
        finally:
            await self._tidy()

    async def _tidy(self) -> None:
        if self._loaded:
            with suppress(AppError, TimeoutError, WrongAnswer, NotOffered, _Skipped):
                async with asyncio.timeout(_TIDY_SECONDS):
                    await self._unload()

    async def _ask(
        self, method: str, path: str, body: Any = None, *, timeout: httpx.Timeout = QUESTION_TIMEOUT
    ) -> RecordedAnswer:
        return await self._client.record_exchange(method, path, body, timeout=timeout)

    async def _post(self, path: str, **body: Any) -> RecordedAnswer:
        return await self._ask("POST", path, body, timeout=_PATIENCE)

    async def _greeting(self) -> None:
        data = answer_of(await self._ask("GET", "/lmstudio-greeting"))
        if not isinstance(data, dict) or data.get("lmstudio") is not True:
            raise WrongAnswer('{"lmstudio": true}', shown(data))

    async def _extensions(self) -> None:
        data = answer_of(await self._ask("GET", "/api/v1/server"))
        has(data, {"name": str, "version": str, "capabilities": list}, "a server")

    async def _models(self) -> None:
        data = has(answer_of(await self._ask("GET", "/api/v1/models")), {"models": list}, "a list")
        for entry in data["models"]:
            has(entry, ENTRY, "a model")
            for instance in entry["loaded_instances"]:
                has(instance, {"id": str, "config": dict}, "a loaded instance")
        self._entries = data["models"]
        self._instance = self._running("llm")

    async def _unknown_route(self) -> None:
        unknown_route_of(await self._ask("GET", "/api/v1/no-such-route"))

    async def _unknown_model(self) -> None:
        refusal_of(await self._post("/api/v1/chat", model=_NOBODY, input=_WORDS), 404, "model_not_found")

    async def _missing_field(self) -> None:
        refusal_of(await self._post("/api/v1/chat", input=_WORDS), 400, "missing_required_parameter")

    async def _unknown_field(self) -> None:
        came = await self._post("/api/v1/chat", model=_NOBODY, input=_WORDS, no_such_field=1)
        refusal_of(came, 400, "unrecognized_keys")

    async def _status(self) -> None:
        came = await self._ask("GET", "/api/v1/models/download/status/job_0000000000")
        refusal_of(came, 404, "job_not_found")

    async def _no_unload(self) -> None:
        came = await self._post("/api/v1/models/unload", instance_id=_NOBODY)
        refusal_of(came, 404, "model_not_found")

    async def _load(self) -> None:
        if self._instance:
            raise _Skipped("A model is loaded already.")
        models = [one for one in self._entries if one["type"] == "llm" and not one.get("error")]
        if not models:
            raise _Skipped("There is no model that can reply.")
        model = min(models, key=lambda one: int(one["size_bytes"]))
        if not await self._may_load(LoadableModel(model["key"], model["size_bytes"])):
            raise _Skipped("No model is loaded, and none was to be loaded.")
        body = {"model": model["key"], "context_length": min(_CONTEXT, model["max_context_length"] or _CONTEXT)}
        data = answer_of(await self._ask("POST", "/api/v1/models/load", body, timeout=LOAD_TIMEOUT))
        if isinstance(data, dict) and isinstance(data.get("instance_id"), str):
            self._instance = self._loaded = data["instance_id"]
        if has(data, LOADED, "a loaded model")["status"] != "loaded":
            raise WrongAnswer("the status loaded", shown(data))

    async def _chat(self) -> None:
        answer = chat_of(answer_of(await self._turn()), stored=True)
        self._response = str(answer["response_id"])

    async def _stateful(self) -> None:
        self._need_model()
        if not self._response:
            raise _Skipped("There is no earlier reply.")
        answer = chat_of(answer_of(await self._turn(previous_response_id=self._response)), stored=True)
        if answer["response_id"] == self._response:
            raise WrongAnswer("a new “response_id”", "the one of the earlier reply")

    async def _unknown_thread(self) -> None:
        came = await self._turn(previous_response_id=_NO_THREAD)
        refusal_of(came, 400, "invalid_value", "previous_response_not_found")

    async def _stream(self) -> None:
        chat_stream_of(await self._turn(stream=True, store=False))

    async def _openai_models(self) -> None:
        data = has(answer_of(await self._ask("GET", "/v1/models")), {"object": str, "data": list}, "a list")
        for entry in data["data"]:
            has(entry, {"id": str}, "a model")

    async def _openai_chat(self) -> None:
        choice = self._choice(answer_of(await self._openai("/v1/chat/completions", **self._messages)))
        has(choice.get("message"), {"role": str}, "a message")

    async def _openai_stream(self) -> None:
        events = stream_of(await self._openai("/v1/chat/completions", stream=True, **self._messages))
        if not events or events[-1][1] is not None:
            raise WrongAnswer("[DONE] at the end", shown(events[-1][1]) if events else "no events")
        for _, data in events[:-1]:
            has(data, {"choices": list}, "a chunk")

    async def _openai_text(self) -> None:
        choice = self._choice(answer_of(await self._openai("/v1/completions", prompt=_WORDS, max_tokens=_TOKENS)))
        has(choice, {"text": str}, "a choice")

    async def _openai_responses(self) -> None:
        data = answer_of(await self._openai("/v1/responses", input=_WORDS, max_output_tokens=16))
        has(data, {"id": str, "output": list}, "a response")

    async def _openai_embeddings(self) -> None:
        model = self._running("embedding")
        if not model:
            raise _Skipped("No embedding model is loaded.")
        data = answer_of(await self._post("/v1/embeddings", model=model, input=_WORDS))
        vectors = has(data, {"data": list}, "a list")["data"]
        has(vectors[0] if vectors else None, {"embedding": list}, "a vector")

    async def _anthropic(self) -> None:
        data = answer_of(await self._openai("/v1/messages", **self._messages))
        if has(data, {"type": str, "content": list, "usage": dict}, "a message")["type"] != "message":
            raise WrongAnswer("the type message", shown(data))

    async def _unload(self) -> None:
        if not self._loaded:
            raise _Skipped("Nothing was loaded for this check.")
        loaded, self._loaded = self._loaded, ""
        data = answer_of(await self._post("/api/v1/models/unload", instance_id=loaded))
        has(data, {"instance_id": str}, "an answer")

    async def _turn(self, **more: Any) -> RecordedAnswer:
        self._need_model()
        body = {"model": self._instance, "input": _WORDS, "max_output_tokens": _TOKENS} | more
        return await self._post("/api/v1/chat", **body)

    async def _openai(self, path: str, **body: Any) -> RecordedAnswer:
        self._need_model()
        return await self._post(path, model=self._instance, **body)

    @property
    def _messages(self) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": _WORDS}], "max_tokens": _TOKENS}

    def _choice(self, data: Any) -> dict[str, Any]:
        choices = has(data, {"choices": list}, "an answer")["choices"]
        return has(choices[0] if choices else None, {}, "a choice")

    def _running(self, kind: str) -> str:
        """Return the id of a loaded instance of this kind; empty for none."""
        ids = [one["id"] for entry in self._entries if entry["type"] == kind for one in entry["loaded_instances"]]
        return str(ids[0]) if ids else ""

    def _need_model(self) -> None:
        if not self._instance:
            raise _Skipped("It takes a loaded model.")


def verdict(rows: list[CheckRow]) -> CheckOutcome:
    """Return whether all holds that a server offers."""
    return CheckOutcome.WRONG if any(row.outcome is CheckOutcome.WRONG for row in rows) else CheckOutcome.HOLDS


def report_text(address: str, rows: list[CheckRow]) -> str:
    """Return what was found as lines of text, to be sent to others. The address is as it is told; there is no token."""
    lines = [f"Check of {redact(address)}"]
    for row in rows:
        lines.append(f"{row.outcome.value:12} {row.seconds:6.2f} s  {row.title} ({row.request})")
        if row.outcome is CheckOutcome.WRONG:
            lines += [f"{'':23}expected: {row.expected}", f"{'':23}came:     {row.came}"]
        elif row.came:
            lines.append(f"{'':23}{row.came}")
    return "\n".join(lines) + "\n"
