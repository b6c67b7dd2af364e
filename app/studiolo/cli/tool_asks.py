"""What a reply's tools ask of the person at the terminal: whether a call may run, and what a server wants to know."""

import json
import math
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output

from studiolo.api.events import ToolCallApprovalRequired, ToolCallElicitation
from studiolo.api.mcp import Decision, provider_name
from studiolo.cli.output import one_line, report, say
from studiolo.client.mcp import McpClient
from studiolo.errors import AppError, NotFoundError
from studiolo.visible import visible

_DECISIONS: dict[str, Decision] = {
    "o": "once",
    "once": "once",
    "y": "once",
    "yes": "once",
    "c": "chat",
    "chat": "chat",
    "a": "always",
    "always": "always",
    "d": "deny",
    "deny": "deny",
    "n": "deny",
    "no": "deny",
    "never": "never",
}
_CHOICES = "[o]nce, this [c]hat, [a]lways, [d]eny, never"
_TRUE, _FALSE = ("y", "yes", "true"), ("n", "no", "false")
_MOST_SHOWN = 2000
_MOST_ARGUMENTS = 100_000


class TerminalAsks:
    """Answers by what the person types. Ctrl+C is a KeyboardInterrupt, which ends the reply; Ctrl+D denies."""

    def __init__(self, mcp: McpClient) -> None:
        self._mcp = mcp
        self._editor: PromptSession[str] = PromptSession(output=create_output(always_prefer_tty=True))

    async def answer(self, event: ToolCallApprovalRequired | ToolCallElicitation) -> None:
        """Ask, and tell the server. What was answered elsewhere meanwhile is left at that."""
        try:
            if isinstance(event, ToolCallApprovalRequired):
                await self._mcp.decide(event.approval_id, await self._decision(event))
            else:
                await self._elicited(event)
        except NotFoundError:
            say("This is answered already.")
        except AppError as error:
            report(error)

    async def _decision(self, event: ToolCallApprovalRequired) -> Decision:
        server = provider_name(event.provider_info)
        say(f"{visible(event.tool)} ({visible(server)}) asks to run: {_told(event.description)}")
        if event.changed:
            say("It is another tool than the one you decided on: its definition has changed.")
        if event.hints.destructive:
            say("Its server says that it may destroy something.")
        say(shown_arguments(event.arguments))
        while True:
            typed = await self._typed(f"{_CHOICES}? ")
            if typed is None:
                return "deny"
            if decision := _DECISIONS.get(typed.strip().lower()):
                return decision

    async def _elicited(self, event: ToolCallElicitation) -> None:
        asker = visible(provider_name(event.provider_info)) or visible(event.tool)
        say(f"{asker} asks: {_told(event.message)}")
        if event.url is not None:
            say(f"It wants a page to be opened: {visible(event.url)}")
        agreed = await self._agreed("Open it yourself, then go on" if event.url is not None else "Answer")
        if not agreed:
            await self._mcp.respond(event.elicitation_id, "decline" if agreed is False else "cancel")
            return
        content = None
        if event.url is None:
            content = await self._form(event.requested_schema or {})
            if content is None:
                await self._mcp.respond(event.elicitation_id, "cancel")
                return
        await self._mcp.respond(event.elicitation_id, "accept", content)

    async def _agreed(self, question: str) -> bool | None:
        """Return what the person says; None where it is left open."""
        while True:
            typed = await self._typed(f"{question}? [y/n] ")
            if typed is None:
                return None
            if typed.strip().lower() in (*_TRUE, *_FALSE):
                return typed.strip().lower() in _TRUE

    async def _form(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the person fills in, field by field; None where it is left."""
        fields, required = schema.get("properties"), schema.get("required")
        content: dict[str, Any] = {}
        for name, field in fields.items() if isinstance(fields, dict) else ():
            field = field if isinstance(field, dict) else {}
            needed = isinstance(required, list) and name in required
            while True:
                typed = await self._typed(f"{_label(name, field)}{'' if needed else ' (may be empty)'}: ")
                if typed is None:
                    return None
                if not typed.strip() and "default" in field:
                    content[name] = field["default"]
                    break
                if not typed.strip() and not needed:
                    break
                try:
                    content[name] = _value(typed, field)
                    break
                except ValueError as error:
                    say(str(error))
        return content

    async def _typed(self, question: str) -> str | None:
        try:
            return await self._editor.prompt_async(question)
        except EOFError:
            return None


def shown_arguments(arguments: dict[str, Any]) -> str:
    """Return all that a call is given, as JSON: nobody can allow what is not seen. What is cut is told."""
    text = visible(json.dumps(arguments, ensure_ascii=False, indent=2), lines=True)
    if len(text) <= _MOST_ARGUMENTS:
        return text
    return f"{text[:_MOST_ARGUMENTS]}…\n{len(text) - _MOST_ARGUMENTS:,} characters more are not shown here."


def _told(text: str) -> str:
    """Return a stranger's words, in one line of a bounded length."""
    return visible(" ".join(text.split()))[:_MOST_SHOWN]


def _label(name: str, field: dict[str, Any]) -> str:
    label = one_line(str(field.get("title") or name))
    if description := field.get("description"):
        label += f", {one_line(str(description))}"
    options = _options(field)
    if options:
        label += f" [{'/'.join(one_line(option) for option in options)}]"
    elif field.get("type") == "boolean":
        label += " [y/n]"
    if "default" in field:
        label += f" (else {one_line(json.dumps(field['default'], ensure_ascii=False))})"
    return label


def _options(field: dict[str, Any]) -> list[str]:
    listed = field.get("enum")
    if not isinstance(listed, list):
        titled = field.get("oneOf")
        listed = [one.get("const") for one in titled if isinstance(one, dict)] if isinstance(titled, list) else []
    return [str(option) for option in listed if option is not None]


def _value(typed: str, field: dict[str, Any]) -> Any:
    """Raises ValueError for what the field does not take."""
    text, kind = typed.strip(), field.get("type")
    if kind == "boolean":
        if text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise ValueError("Yes or no?")
    if kind in ("integer", "number"):
        try:
            number = int(text) if kind == "integer" else float(text)
            if math.isfinite(number):
                return number
        except (ValueError, OverflowError):
            pass
        raise ValueError("That is no number." if kind == "number" else "That is no whole number.")
    if kind == "array":
        inner = field.get("items")
        return [_value(part, inner if isinstance(inner, dict) else {}) for part in text.split(",") if part.strip()]
    options = _options(field)
    if options and text not in options:
        raise ValueError(f"One of {', '.join(one_line(option) for option in options)}.")
    return typed
