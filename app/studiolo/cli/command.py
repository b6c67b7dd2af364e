"""Makes a plain function with typer's annotations a command."""

from collections.abc import Callable

import typer
from typer.core import TyperCommand


def as_command(function: Callable[..., None]) -> TyperCommand:
    """Return the command that `function` is: its parameters are the options, its docstring the help."""
    app = typer.Typer(add_completion=False)
    app.command()(function)
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command
