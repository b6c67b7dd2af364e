"""A request of ours in the words of another server: renamed what it calls otherwise, left out what it does not know.

Our requests are llama-server's. A field that a server does not know is refused by some, and accepted by others without
a word and without effect, which is worse: vLLM answers 200 to `repeat_penalty`, which it calls `repetition_penalty`.
"""

from typing import Any

from studiolo.api.upstreams import Dialect
from studiolo.server.engine.contract import CHAT

Body = dict[str, Any]

_COMMON = frozenset(
    {"model", "messages", "prompt", "max_tokens", "temperature", "top_p", "stop", "seed", "presence_penalty"}
    | {"frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls"}
    | {"response_format", "stream", "stream_options"}
)
"""What everybody has from OpenAI (its reference of chat completions and completions)."""

_VLLM = _COMMON | {
    *("top_k", "min_p", "repetition_penalty", "chat_template_kwargs", "ignore_eos", "min_tokens", "stop_token_ids"),
    *("skip_special_tokens", "include_stop_str_in_output", "structured_outputs", "length_penalty", "priority"),
}
"""vLLM's sampling parameters and extra ones (docs: OpenAI-compatible server), as of 0.32."""

_OF_MESSAGES = frozenset(
    {"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "function_call", "reasoning_content"}
)
"""What messages have in OpenAI's reference of chat completions, and llama-server's word for thoughts."""

_RENAMED: dict[Dialect, dict[str, str]] = {"vllm": {"repeat_penalty": "repetition_penalty"}}
_KNOWN: dict[Dialect, frozenset[str]] = {"vllm": frozenset(_VLLM), "openai": _COMMON}
"""Those that are not here speak llama-server's words, and pass on what they don't know."""
_NEVER = frozenset({"return_progress", "cache_prompt", "id_slot", "timings_per_token", "stream", "stream_options"})
_OURS = frozenset({"stream", "stream_options", "return_progress"})
"""Nobody asked for those: that they are left out is not worth telling."""


def translated(route: str, body: Body, model: str, dialect: Dialect) -> tuple[Body, list[str]]:
    """Return a request as a server takes it, and the names of what it can't be told.

    It is always for a stream: only that can be cancelled everywhere, and only its end tells a whole reply from a part.
    """
    renamed = _RENAMED.get(dialect, {})
    known = _KNOWN.get(dialect)
    told = {renamed.get(name, name): value for name, value in body.items() if name not in _NEVER}
    _settle_limit(told)
    _settle_format(told, route, dialect)
    dropped = [name for name in told if known is not None and name not in known]
    order = {name: value for name, value in told.items() if name not in dropped}
    if "messages" in order:
        order["messages"] = [_message(message, dialect) for message in order["messages"]]
    order |= {"model": model, "stream": True, "stream_options": {"include_usage": True}}
    return order, sorted(set(dropped) - _OURS)


def _settle_limit(body: Body) -> None:
    """Leave out a limit that is none: llama-server knows -1 for as many tokens as there is room for."""
    limit = body.get("max_tokens")
    if isinstance(limit, int) and limit < 0:
        del body["max_tokens"]


def _settle_format(body: Body, route: str, dialect: Dialect) -> None:
    """Give a schema, or a grammar, the place that a server looks for it at."""
    schema = body.get("json_schema")
    if schema is not None and dialect in ("vllm", "openai"):
        del body["json_schema"]
        named = {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
        body["response_format"] = named
    if route != CHAT and dialect == "openai":
        body.pop("response_format", None)
    if dialect == "vllm" and isinstance(grammar := body.pop("grammar", None), str):
        body["structured_outputs"] = {"grammar": grammar}


def _message(message: Body, dialect: Dialect) -> Body:
    """Return a message; what was thought before goes back by the name that it came by, or not at all.

    What is kept with it for ourselves, such as why it was cut short, is refused by some.
    """
    message = {name: value for name, value in message.items() if name in _OF_MESSAGES}
    if "reasoning_content" not in message or dialect in ("studiolo", "lm_studio", "llama.cpp"):
        return message
    told = {name: value for name, value in message.items() if name != "reasoning_content"}
    return told | {"reasoning": message["reasoning_content"]} if dialect == "vllm" else told
