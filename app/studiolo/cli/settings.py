"""`studiolo server settings`: what the server does and allows, read and changed."""

import difflib
import json
from typing import Any

from pydantic.fields import FieldInfo
from rich.text import Text

from studiolo.api.settings import ServerSettings
from studiolo.cli.output import print_json, print_table, say
from studiolo.cli.session import ClientSession
from studiolo.client.server import ServerApi
from studiolo.errors import RequestError

_SWITCHES = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
_FROM_NEXT_START = ("port", "serve_on_network")


def run_settings(arguments: list[str], reset: list[str], *, host: str | None, token: str | None, as_json: bool) -> None:
    """Print all settings, or the one that is named, or change those that are given values."""
    named, changes = _parsed(arguments)
    changes |= {name: _field(name).get_default(call_default_factory=True) for name in reset}
    with ClientSession(host, token, start=True) as session:
        server = ServerApi(session.client)
        work = server.change_settings(changes) if changes else server.settings()
        settings = session.run(work)
    values = settings.model_dump(mode="json")
    shown = [named] if named else list(changes) or list(values)
    if as_json:
        print_json({name: values[name] for name in shown})
    elif named:
        print(_text(values[named]))
    else:
        print_table(["SETTING", "VALUE", "", ""], [_row(name, values[name]) for name in shown])
    if late := [name for name in changes if name in _FROM_NEXT_START]:
        say(f"In force from the server's next start: {', '.join(late)}.")


def _parsed(arguments: list[str]) -> tuple[str | None, dict[str, Any]]:
    """Return the name that is asked for, or the values that are to be set."""
    if len(arguments) == 2 and "=" not in arguments[0]:
        arguments = ["=".join(arguments)]
    if len(arguments) == 1 and "=" not in arguments[0]:
        _field(arguments[0])
        return arguments[0], {}
    changes = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals:
            raise RequestError(f"'{argument}' has no value.", hint=f"As in {argument}=VALUE.")
        changes[name] = _value(name, text)
    return None, changes


def _field(name: str) -> FieldInfo:
    field = ServerSettings.model_fields.get(name)
    if field is None:
        near = difflib.get_close_matches(name, ServerSettings.model_fields, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`studiolo server settings` lists them."
        raise RequestError(f"There is no setting '{name}'.", hint=hint)
    return field


def _value(name: str, text: str) -> Any:
    field = _field(name)
    kind = field.annotation
    if kind == list[str]:
        return [item.strip() for item in text.split(",") if item.strip()]
    if kind is bool:
        if text.lower() not in _SWITCHES:
            raise RequestError(f"'{name}' is on or off, not '{text}'.")
        return _SWITCHES[text.lower()]
    if kind in (int, float):
        try:
            return int(text) if kind is int else float(text)
        except ValueError as error:
            raise RequestError(f"'{name}' is a number, not '{text}'.") from error
    if field.default_factory is dict:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RequestError(f"'{name}' is a JSON object, not '{text}'.") from error
    return text


def _row(name: str, value: Any) -> list[str | Text]:
    field = _field(name)
    usual = value == json.loads(json.dumps(field.get_default(call_default_factory=True)))
    return [name, _text(value), Text("" if usual else "changed", style="yellow"), Text(field.title or "", style="dim")]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list) else f"{value:g}" if isinstance(value, float) else str(value)
