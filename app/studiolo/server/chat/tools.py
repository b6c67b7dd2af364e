"""Tools as programs offer them, as functions that the engine knows, and the way back from a call to its tool.

The engine knows functions. Tools that take plain text (`custom`) become functions of one text, those of a namespace
carry its name in theirs. Tools that a vendor runs on its own machines are left out as long as something is left: agents
name them without asking who answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.chat.calls import TEXT_PARAMETERS
from studiolo.server.chat.schemas import SchemaReader

Body = dict[str, Any]

_SEPARATOR = "__"


@dataclass(frozen=True)
class Tool:
    """A tool as its program knows it. custom: called with plain text."""

    name: str
    namespace: str | None = None
    custom: bool = False


@dataclass
class Offer:
    """`functions` in the engine's form, and `tools`: what stands behind each of their names.

    `schemas`: reads what they are called with.
    """

    functions: list[Body] = field(default_factory=list)
    tools: dict[str, Tool] = field(default_factory=dict)
    schemas: SchemaReader = field(default_factory=SchemaReader)

    def tool(self, name: str) -> Tool:
        """Return what a model that called `name` has called; models call what was never offered, too."""
        return self.tools.get(name) or Tool(name)

    @property
    def has_custom(self) -> bool:
        """Return whether a tool among them takes plain text (`custom`)."""
        return any(tool.custom for tool in self.tools.values())


def offered(tools: Sequence[Body] | None) -> Offer:
    """Return the functions among `tools`, in the form of Chat Completions or of Responses. Raises RequestError."""
    offer, left_out = Offer(), []
    for number, tool in enumerate(tools or ()):
        param = f"tools.{number}"
        kind = tool.get("type") or "function"
        if kind in ("function", "custom"):
            _add(offer, tool, kind, None, param)
        elif kind == "namespace":
            inner = tool.get("tools")
            for one in inner if isinstance(inner, list) else ():
                if isinstance(one, dict) and (one.get("type") or "function") in ("function", "custom"):
                    _add(offer, one, one.get("type") or "function", str(tool.get("name") or ""), param)
        else:
            left_out.append((str(kind), param))
    if left_out and not offer.functions:
        kind, param = left_out[0]
        raise UnsupportedError(
            f"Tools of the type '{kind[:40]}' are not offered here.",
            param=param,
            code="invalid_value",
            hint="Functions are.",
        )
    return offer


def chosen(offer: Offer, choice: Any) -> tuple[list[Body], str | Body | None]:
    """Return the functions that a `tool_choice` leaves, and the choice among them in the engine's words.

    Raises RequestError.

    The choice may name its function as Chat Completions has it, or as Responses has it.
    """
    functions = offer.functions
    names = [function["function"]["name"] for function in functions]
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = choice.get("allowed_tools")
        allowed = allowed if isinstance(allowed, dict) else choice
        listed = allowed.get("tools")
        wanted = {named(one) for one in listed if isinstance(one, dict)} if isinstance(listed, list) else set()
        functions = [function for function in functions if function["function"]["name"] in wanted]
        mode = allowed.get("mode") or "auto"
        if functions and mode in ("auto", "required"):
            return functions, mode
    elif choice in (None, {}, "auto", "none"):
        return functions, (choice or None) if names else None
    elif choice in ("required", "any") and names:
        return functions, "required"
    elif isinstance(choice, dict) and named(choice) in names:
        return functions, {"type": "function", "function": {"name": named(choice)}}
    raise RequestError(
        "'tool_choice' is auto, none, required, or a function among the tools.",
        param="tool_choice",
        code="invalid_value",
    )


def use_tools(body: Body, offer: Offer, choice: Any) -> None:
    """Put an offer and the choice among it into the engine's request. Raises RequestError."""
    body.pop("tools", None)
    body.pop("tool_choice", None)
    functions, wanted = chosen(offer, choice)
    if functions:
        body["tools"] = functions
    if wanted is not None:
        body["tool_choice"] = wanted


def flat_name(namespace: Any, name: Any) -> str:
    """Return the engine's name of a tool: names of two namespaces may be the same."""
    return f"{str(namespace).rstrip('_')}{_SEPARATOR}{name}" if namespace else str(name)


def named(tool: Body) -> str:
    """Return the engine's name of the tool that an entry of a choice, or of a list of tools, speaks of."""
    inner = tool.get("function") or tool.get("custom")
    inner = inner if isinstance(inner, dict) else tool
    return flat_name(inner.get("namespace"), inner.get("name"))


def _add(offer: Offer, tool: Body, kind: str, namespace: str | None, param: str) -> None:
    inner = tool.get(kind)
    inner = inner if isinstance(inner, dict) else tool
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise RequestError(f"A tool of the type '{kind}' needs a name.", param=param, code="invalid_value")
    parameters = inner.get("parameters") or None
    if parameters is not None and not isinstance(parameters, dict | bool):
        raise RequestError(
            "A function's parameters are a JSON schema.", param=f"{param}.function.parameters", code="invalid_value"
        )
    flat = flat_name(namespace, name)
    if flat in offer.tools:
        return  # Named twice, as by a list of tools and by a search that found them.
    function: Body = {"name": flat}
    if description := _description(inner, kind):
        function["description"] = description
    if kind == "custom":
        function["parameters"] = TEXT_PARAMETERS
    elif parameters is not None:
        function["parameters"] = offer.schemas.parameters(parameters)
    if inner.get("strict") is not None:
        function["strict"] = inner["strict"]
    offer.functions.append({"type": "function", "function": function})
    offer.tools[flat] = Tool(name, namespace, kind == "custom")


def _description(tool: Body, kind: str) -> str:
    """Return what the model is told of a tool; a grammar can't be held to inside a call, but it can be shown."""
    text = str(tool.get("description") or "")
    form = tool.get("format")
    if kind == "custom" and isinstance(form, dict):
        form = form.get("grammar") if isinstance(form.get("grammar"), dict) else form
        if isinstance(form, dict) and (definition := form.get("definition")):
            text = f"{text}\nThe input follows this grammar ({form.get('syntax') or 'lark'}):\n{definition}".strip()
    return text
