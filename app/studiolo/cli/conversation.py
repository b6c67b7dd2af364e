"""Turn after turn in the terminal."""

import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.output import create_output

from studiolo.cli.output import report, say
from studiolo.cli.reply import Asks, print_reply, print_stats
from studiolo.cli.session import ClientSession
from studiolo.cli.turn import TurnOptions, turn_request
from studiolo.errors import AppError
from studiolo.paths import app_paths

PROMPT = "› "


def converse(session: ClientSession, options: TurnOptions, *, stats: bool, asks: Asks | None = None) -> None:
    """Ask, reply, until the person leaves with Ctrl+C or Ctrl+D at the prompt. A failed turn doesn't end it.

    asks: answers what tools ask.
    """
    say(f"{options.model} · Ctrl+C stops a reply, Ctrl+D leaves.")
    editor: PromptSession[str] = PromptSession(
        history=_History(app_paths().data / "chat-history"), output=create_output(always_prefer_tty=True)
    )
    last: str | None = None
    while True:
        try:
            text = editor.prompt(PROMPT)
        except (KeyboardInterrupt, EOFError):
            return
        if text.strip():
            last = _turn(session, options, text, last, stats=stats, asks=asks) or last


def _turn(
    session: ClientSession, options: TurnOptions, text: str, after: str | None, *, stats: bool, asks: Asks | None
) -> str | None:
    """One turn after the response `after`; the id of the new response, None if there is none."""
    try:
        result = session.run(print_reply(session.client, turn_request(options, text, after=after), asks))
    except KeyboardInterrupt:
        say("Stopped.")
    except AppError as error:
        report(error)
    else:
        if stats:
            print_stats(result.stats)
        return result.response_id
    return None


class _History(FileHistory):
    """What was typed, from run to run, for its owner alone. Where the disk can't be written it is forgotten."""

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            say(f"What you type is not remembered: {error}")
        super().__init__(str(file))

    def load_history_strings(self) -> Iterable[str]:
        try:
            yield from super().load_history_strings()
        except OSError:
            return  # said at the start

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError as error:
            say(f"This will not be remembered: {error}")
