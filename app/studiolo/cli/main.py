"""The command line's entry: names the commands, imports the one that is asked for, turns errors into exit statuses.

Exit statuses:

  0    done
  1    it failed; what happened and what to do about it is on stderr
  2    the command line can't be understood
  3    another server of this data folder runs already (`server start`)
  130  interrupted with Ctrl+C
"""

import logging
import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from studiolo import __version__
from studiolo.errors import AppError
from studiolo.logs import start_logging
from studiolo.paths import app_paths

EXIT_FAILED = 1

COMMANDS = {
    "chat": "Chat with a model, or ask it one thing.",
    "get": "Find and download a model.",
    "downloads": "List the downloads.",
    "pause": "Pause downloads.",
    "resume": "Go on with paused and failed downloads.",
    "cancel": "Cancel downloads.",
    "ls": "List the models on disk.",
    "import": "Take a model file of this machine into the models.",
    "rm": "Move models to the trash of the server's machine.",
    "ps": "List the loaded models.",
    "load": "Load a model.",
    "unload": "Unload a model.",
    "bench": "Measure how fast a model reads and writes.",
    "runtime": "Get, test and choose what models run on.",
    "mcp": "Set up MCP servers, decide on their tools, call them.",
    "upstream": "Use the models of other servers.",
    "server": "Start, stop, and look after the server.",
    "token": "Make, list, edit and revoke API tokens.",
    "log": "See what the server is asked, and how it goes.",
    "network": "See what a server connects to, and test its way to the hub.",
}
"""Name and summary of each command; it is the `command` of the module of that name, and imported only when used."""

MODULES = {"import": "import_file"}
"""Where a module can't have the command's name."""

_EXAMPLES = """\
 Examples

   studiolo                                      open the desktop
   studiolo chat                                 talk with the loaded model
   cat notes.txt | studiolo chat -p "Summarise"  ask about a text
   studiolo get qwen/qwen3-8b@q8_0               download a model
   studiolo ls --json                            for scripts
   studiolo ps --host 192.168.1.5:1234           another machine's server
"""

logger = logging.getLogger(__name__)


class _Commands(TyperGroup):
    """Imports a command when it is needed: `studiolo --help` and `server status` pay for no HTTP client."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._listing = False
        for name, summary in COMMANDS.items():
            self.add_command(TyperCommand(name, help=summary))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if self._listing or cmd_name not in self.commands:
            return super().get_command(ctx, cmd_name)
        return import_module(f"studiolo.cli.{MODULES.get(cmd_name, cmd_name)}").command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)
        print(_EXAMPLES)


_app = typer.Typer(
    cls=_Commands,
    add_completion=False,  # its scripts call the program without arguments, which opens the desktop
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"studiolo {__version__}")
        raise typer.Exit


@_app.callback()
def studiolo(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Run language models on your own machine. Without a command the desktop opens."""


def run_cli(argv: list[str]) -> int:
    """Run one command. What it reports is on stdout, everything about it on stderr; the result is the exit status."""
    _make_output_safe()
    try:
        return _run(argv)
    except AppError as error:
        from studiolo.cli.output import report

        report(error)
        return EXIT_FAILED
    except Exception:
        folder = app_paths().logs
        start_logging("cli", folder, console=True)
        logger.exception("This is a mistake in Studiolo. The same text is in %s: please report it.", folder / "cli.log")
        return EXIT_FAILED


def _run(argv: list[str]) -> int:
    try:
        _app(args=argv, prog_name="studiolo")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FAILED
    return 0


def _make_output_safe() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A model may write any character; a terminal of another encoding must not end the program.
        if stream is not None and hasattr(stream, "reconfigure"):
            piped_on_windows = os.name == "nt" and not stream.isatty()
            # What is printed before a command waits for something must be seen by who reads its output, too.
            stream.reconfigure(encoding="utf-8" if piped_on_windows else None, errors="replace", line_buffering=True)
