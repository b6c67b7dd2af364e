"""A reply in the terminal, as it comes: its text on stdout, all else on stderr."""

import json
import sys
from contextlib import aclosing
from typing import Protocol

from studiolo.api import events
from studiolo.api.chat import ChatRequest, ChatResponse, ChatStats
from studiolo.api.mcp import provider_name
from studiolo.cli.output import StepBar, errors_console, one_line, printable, say
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info
from studiolo.errors import AppError

Ask = events.ToolCallApprovalRequired | events.ToolCallElicitation


class Asks(Protocol):
    """Whoever answers what tools ask."""

    async def answer(self, event: Ask) -> None:
        """Ask whoever can answer, and hand the answer on."""


_MOST_SHOWN = 200
"""Characters of a call's arguments, and of its result."""


async def print_reply(client: Client, request: ChatRequest, asks: Asks | None = None) -> ChatResponse:
    """Write the reply to `request` while it is generated. Cancelling stops the generation; the line is ended anyhow.

    asks: answers what tools ask, where the request says that somebody does.
    """
    page = _Page()
    result = ChatResponse()
    try:
        async with aclosing(ChatApi(client).stream(request)) as stream:
            async for event in stream:
                if isinstance(event, events.ChatEnd):
                    result = event.result
                page.show(event)
                if asks and isinstance(event, Ask):
                    page.end_line()
                    await asks.answer(event)
    finally:
        page.close()
    if page.failure:
        raise page.failure
    return result


def print_stats(stats: ChatStats) -> None:
    """Print one line about a reply on stderr."""
    parts = [
        f"{stats.tokens_per_second:.1f} tokens/s",
        f"{stats.total_output_tokens} tokens",
        f"{stats.time_to_first_token_seconds:.2f} s to the first",
        f"{stats.input_tokens} prompt tokens",
    ]
    if stats.model_load_time_seconds is not None:
        parts.append(f"model loaded in {stats.model_load_time_seconds:.1f} s")
    say(" · ".join(parts))


class _Page:
    """Where the reply is written, event by event."""

    def __init__(self) -> None:
        self.failure: AppError | None = None
        self._bar = StepBar()
        self._watched = sys.stdout.isatty()
        self._thoughts = errors_console() if sys.stderr is not None and sys.stderr.isatty() else None
        self._at_line_start = True

    def show(self, event: events.Event) -> None:
        match event:
            case events.ModelLoadProgress():
                self._bar.show("Loading the model", event.progress)
            case events.PromptProcessingProgress():
                self._bar.show("Reading the prompt", event.progress)
            case events.MessageDelta():
                self._bar.clear()
                self._write(event.content)
            case events.ReasoningDelta():
                self._bar.clear()
                self._think(event.content)
            case events.ReasoningEnd():
                self._think("\n\n")
            case events.ToolCallArguments():
                server = f" ({provider_name(event.provider_info)})" if event.provider_info else ""
                self._tell(f"→ {event.tool}{server} {_short(json.dumps(event.arguments, ensure_ascii=False))}")
            case events.ToolCallProgress():
                self._progress(event)
            case events.ToolCallSuccess():
                self._tell(f"← {event.tool}: {_short(_texts(event.output))}")
            case events.ToolCallFailure():
                self._tell(f"✗ {event.metadata.tool_name}: {_short(event.reason)}")
            case events.ErrorEvent():
                self.failure = error_from_info(event.error)

    def close(self) -> None:
        self.end_line()

    def end_line(self) -> None:
        """So that something else can be written."""
        self._bar.clear()
        if not self._at_line_start:
            self._write("\n")

    def _tell(self, text: str) -> None:
        self.end_line()
        say(one_line(text))

    def _progress(self, event: events.ToolCallProgress) -> None:
        if event.total:
            self.end_line()
            self._bar.show(one_line(event.message or event.tool), min(1.0, event.progress / event.total))

    def _write(self, text: str) -> None:
        if not text:
            return
        sys.stdout.write(printable(text) if self._watched else text)
        sys.stdout.flush()
        self._at_line_start = text.endswith("\n")

    def _think(self, text: str) -> None:
        # The reasoning is for whoever watches; a program that reads the reply wants the reply.
        if self._thoughts:
            self._thoughts.print(printable(text), style="dim", end="", soft_wrap=True)


def _texts(output: str) -> str:
    """Return a tool's result in short: its texts, and what else there is by its kind."""
    try:
        content = json.loads(output)
    except (ValueError, RecursionError):
        return output
    items = [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []
    return " ".join(str(item.get("text") or f"[{item.get('type')}]") for item in items)


def _short(text: str) -> str:
    text = one_line(text[: 8 * _MOST_SHOWN])
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
