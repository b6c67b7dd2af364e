"""One turn: find the model, load it if need be, let it answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from typing import Any

from studiolo.api import events
from studiolo.api.chat import CONTEXT_FULL, STOP_REASONS, ChatRequest, ImageItem
from studiolo.api.errors import ErrorInfo
from studiolo.errors import (
    AccessError,
    AppError,
    BusyError,
    ContextOverflowError,
    EngineError,
    McpServerError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RequestError,
    StorageError,
    ToolError,
    UnreachableError,
    UnsupportedError,
)
from studiolo.server.apart import apart
from studiolo.server.chat.assembler import TurnAssembler
from studiolo.server.chat.formats import sound_constraints
from studiolo.server.chat.images import checked_image
from studiolo.server.chat.inference import Inference
from studiolo.server.chat.openai import with_one_system
from studiolo.server.chat.response_events import OUT_OF_TOKENS
from studiolo.server.chat.responses import Message, ResponseStore, Thread, with_ending
from studiolo.server.chat.rounds import Rounds
from studiolo.server.chat.turn_tools import TurnTools, check_tool_use
from studiolo.server.engine.instance import Loading
from studiolo.server.engine.pool import InstancePool
from studiolo.server.engine.serving import ServingInstance
from studiolo.server.engine.strangers import may_have_marks, with_plain_questions
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.served import ServedModel
from studiolo.server.mcp.contract import NOBODY, Caller, Mcp
from studiolo.server.mistakes import foreseen
from studiolo.server.request_log import note

CONTEXT_OVERFLOW = "exceed_context_size_error"
"""The type of the error that tells of a prompt which does not fit (spec section 5)."""

_CODES: dict[type[AppError], str] = {
    UnreachableError: "hub_unreachable",
    ProtocolError: "hub_answer_invalid",
    StorageError: "storage_failed",
    EngineError: "engine_failed",
    BusyError: "busy",
}
"""What a program can tell the failures of this side by; a later kind is a special one of those before it."""
_CUT_SHORT = (STOP_REASONS["length"], STOP_REASONS[CONTEXT_FULL])
_MOST_TEXT = 2000
"""Characters of an error: it may quote what was sent."""


class ChatTurn:
    """A request that can be carried out, and its events.

    `failure` is what ended the reply early, once the events are through.
    """

    def __init__(
        self,
        request: ChatRequest,
        inference: Inference,
        before: Thread,
        store: ResponseStore,
        tools: TurnTools | None = None,
        loading: Loading | None = None,
    ) -> None:
        """See `prepare`.

        Args:
            request: What was asked for, checked.
            inference: The model.
            before: The conversation that the request continues.
            store: Where the turn is kept.
            tools: The MCP servers that it uses, connected.
            loading: The load of the model, where that was begun.
        """
        self._request = request
        self._inference = inference
        self._before = before
        self._store = store
        self._tools = tools
        self._loading = loading
        self.failure: AppError | None = None

    @classmethod
    async def prepare(
        cls, request: ChatRequest, pool: InstancePool, store: ResponseStore, mcp: Mcp, caller: Caller = NOBODY
    ) -> "ChatTurn":
        """Check a request before anything is answered. Raises RequestError and its kinds, AccessError, McpServerError.

        MCP servers are connected here, so that one which can't be reached is an answer of its own; the model is loaded
        meanwhile.
        """
        wanted = mcp.check(request.integrations, caller)
        inference = await Inference.prepare(
            pool,
            request.model,
            context_length=request.context_length,
            exact=True,
            overflow=request.context_overflow,
        )
        model = inference.model
        _check_model(request, model)
        _check_sampling(request, model)
        await _check_images(request)
        before = Thread(None, [])
        if request.previous_response_id is not None:
            before = await store.thread(request.previous_response_id)
        if not wanted:
            return cls(request, inference, before, store)
        check_tool_use(request, model)
        loading = inference.begin_load()
        tools = TurnTools(mcp, wanted, caller, request.tool_approval, sees=model.capabilities.vision)
        async with tools.opened():
            return cls(request, inference, before, store, tools, loading)

    async def stream(self) -> AsyncGenerator[events.Event, None]:
        """Yield the events of spec section 2, from `chat.start` to `chat.end`.

        Closing the iterator ends the generation.

        A failure is an `error` event: `chat.end` still follows with what was generated.
        """
        if instance := self._inference.instance:
            yield events.ChatStart(model_instance_id=instance.id)
            answer = self._answer(instance, load_seconds=None)
        else:
            answer = self._load_and_answer()
        async with aclosing(answer):
            async for event in answer:
                yield event

    async def _load_and_answer(self) -> AsyncGenerator[events.Event, None]:
        loading = self._loading or self._inference.begin_load()
        assert loading
        yield events.ChatStart(model_instance_id=loading.id)
        yield events.ModelLoadStart(model_instance_id=loading.id)
        try:
            async with aclosing(self._inference.load()) as progress:
                async for step in progress:
                    yield events.ModelLoadProgress(model_instance_id=loading.id, progress=step.fraction)
        except Exception as error:  # noqa: BLE001 - told as what it is
            for event in self._fail(error, TurnAssembler(loading.id, None)):
                yield event
            return
        instance = self._inference.instance
        assert instance
        yield events.ModelLoadProgress(model_instance_id=loading.id, progress=1.0)
        yield events.ModelLoadEnd(model_instance_id=loading.id, load_time_seconds=instance.load_seconds)
        async with aclosing(self._answer(instance, load_seconds=instance.load_seconds)) as stream:
            async for event in stream:
                yield event

    async def _answer(
        self, instance: ServingInstance, *, load_seconds: float | None
    ) -> AsyncGenerator[events.Event, None]:
        assembler = TurnAssembler(instance.id, load_seconds)
        try:
            question, body = await apart(lambda: _asked(self._request, instance.model, self._before))
            if await apart(lambda: may_have_marks(body["messages"])):
                tokens = await instance.special_tokens()
                body["messages"] = await apart(lambda: with_plain_questions(body["messages"], tokens))
            async with self._tools.opened() if self._tools else nullcontext() as tools:
                assembler.toolset = tools.toolset if tools else None
                rounds = Rounds(self._inference, body, assembler, tools)
                async with aclosing(rounds.stream()) as stream:
                    async for event in stream:
                        yield event
            result = assembler.result()
            if self._request.store:
                ended = OUT_OF_TOKENS if result.stats.stop_reason in _CUT_SHORT else None
                result.response_id = await self._keep(with_ending([question, *rounds.said], ended))
        except Exception as error:  # noqa: BLE001 - told as what it is, with what was said so far
            for event in self._fail(error, assembler):
                yield event
            return
        yield events.ChatEnd(result=result)

    async def _keep(self, messages: list[Message]) -> str:
        return await self._store.add(
            parent=self._request.previous_response_id,
            model=self._inference.model.key,
            system=self._request.system_prompt,
            messages=messages,
        )

    def _fail(self, error: Exception, assembler: TurnAssembler) -> list[events.Event]:
        self.failure = foreseen(error, "a chat")
        note(error=self.failure.message)
        return [
            *assembler.finish(),
            events.ErrorEvent(error=error_info(self.failure)),
            events.ChatEnd(result=assembler.result()),
        ]


def _asked(request: ChatRequest, model: ServedModel, before: Thread) -> tuple[Message, dict[str, Any]]:
    """Return what the request says, and what the engine is asked."""
    question = user_message(request)
    return question, completion_body(request, model, before, question)


def user_message(request: ChatRequest) -> Message:
    """Return what the request says, as a message in OpenAI's form."""
    if isinstance(request.input, str):
        return {"role": "user", "content": request.input}
    parts = [
        {"type": "image_url", "image_url": {"url": item.data_url}}
        if isinstance(item, ImageItem)
        else {"type": "text", "text": item.content}
        for item in request.input
    ]
    return {"role": "user", "content": parts}


def completion_body(request: ChatRequest, model: ServedModel, before: Thread, question: Message) -> dict[str, Any]:
    """Return the request in the words of OpenAI's `/v1/chat/completions`, which the engine speaks.

    There is one system message, the first (templates fail on a second): the newest system prompt of the conversation.
    """
    messages = [*before.messages, question]
    if not model.capabilities.vision:
        messages = [without_images(message) for message in messages]
    system = before.system if request.system_prompt is None else request.system_prompt
    messages = with_one_system([{"role": "system", "content": system or ""}, *messages])
    sampling = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "min_p": request.min_p,
        "top_k": request.top_k,
        "repeat_penalty": request.repeat_penalty,
        "max_tokens": request.max_output_tokens,
    }
    body: dict[str, Any] = {"messages": messages, **request.said}
    body |= {key: value for key, value in sampling.items() if value is not None}
    if request.reasoning and model.capabilities.reasoning:
        body["chat_template_kwargs"] = _template_arguments(request.reasoning)
    return body


def without_images(message: Message) -> Message:
    """Return a message for a model that does not see: a conversation may have begun with one that does."""
    if not isinstance(message.get("content"), list):
        return message
    parts = [
        part if part.get("type") == "text" else {"type": "text", "text": "[an image]"} for part in message["content"]
    ]
    return {**message, "content": parts}


def error_info(error: AppError) -> ErrorInfo:
    """Return an error in the words of spec section 5."""
    text = str(error)
    text = text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"
    info = ErrorInfo(message=text, type="internal_error")
    if isinstance(error, RequestError | AccessError):
        info = ErrorInfo(message=text, type="invalid_request", param=error.param, code=error.code)
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            info.code = code
    if isinstance(error, OfflineError):
        info.code = error.code
    if isinstance(error, McpServerError | ToolError):
        ephemeral = isinstance(error, McpServerError) and error.ephemeral
        info.type = "mcp_connection_error" if ephemeral else "plugin_connection_error"
        info.param = "integrations"
    if isinstance(error, NotFoundError) and error.code is None:
        what = error.what if error.what in ("job", "runtime") else "model"
        info.type = f"{what}_not_found"
    if isinstance(error, UnsupportedError):
        info.type = "not_implemented"
    if isinstance(error, ContextOverflowError):
        info.type = CONTEXT_OVERFLOW
        info.n_prompt_tokens, info.n_ctx = error.prompt_tokens, error.context_length
    return info


def _template_arguments(setting: str) -> dict[str, Any]:
    if setting in ("on", "off"):
        return {"enable_thinking": setting == "on"}
    return {"enable_thinking": True, "reasoning_effort": setting}


async def _check_images(request: ChatRequest) -> None:
    for number, item in enumerate(request.input if isinstance(request.input, list) else ()):
        if isinstance(item, ImageItem):
            item.data_url = await checked_image(item.data_url, param=f"input.{number}.data_url")


def _check_sampling(request: ChatRequest, model: ServedModel) -> None:
    sound_constraints(request.said)
    memory = model.memory if isinstance(model, LibraryModel) else None
    vocabulary = memory.vocabulary if memory else 0
    if vocabulary and (strange := next((one for one in request.logit_bias or () if int(one) >= vocabulary), None)):
        raise RequestError(
            f"'{model.key}' has no token {strange}: its tokens are 0 to {vocabulary - 1}.",
            param="logit_bias",
            code="invalid_value",
        )
    if request.reasoning_budget_tokens is not None and model.capabilities.reasoning is None:
        raise RequestError(
            f"'{model.key}' does not reason, so there is no budget for it.",
            param="reasoning_budget_tokens",
            code="invalid_value",
        )


def _check_model(request: ChatRequest, model: ServedModel) -> None:
    reasoning = model.capabilities.reasoning
    allowed = reasoning.allowed_options if reasoning else ["off"]
    if request.reasoning is not None and request.reasoning not in allowed:
        supported = ", ".join(f"'{option}'" for option in allowed)
        raise RequestError(
            f"'{model.key}' does not support the reasoning setting '{request.reasoning}'. "
            f"Supported settings: {supported}.",
            param="reasoning",
            code="invalid_value",
        )
    images = isinstance(request.input, list) and any(isinstance(item, ImageItem) for item in request.input)
    if images and not model.capabilities.vision:
        raise RequestError(f"'{model.key}' does not read images.", param="input", code="invalid_value")
