"""Which model answers, when the command doesn't say."""

from collections.abc import Sequence

from rich.prompt import IntPrompt

from studiolo.api.models import EmbeddingEntry, LlmEntry
from studiolo.cli.output import errors_console, printable
from studiolo.errors import NotFoundError, RequestError


def choose_model(entries: Sequence[LlmEntry | EmbeddingEntry], *, ask: bool) -> str:
    """Return the loaded model's instance, else the only model.

    Of several the one that the person picks, if we can `ask`.
    """
    usable = [entry for entry in entries if isinstance(entry, LlmEntry) and not entry.error]
    candidates = [instance.id for entry in usable for instance in entry.loaded_instances]
    candidates = candidates or [entry.key for entry in usable]
    if not candidates:
        raise NotFoundError(
            "There is no model to chat with.",
            what="model",
            hint="`studiolo get` finds and downloads one, `studiolo import` takes in a file.",
        )
    if len(candidates) == 1:
        return candidates[0]
    if not ask:
        raise RequestError(
            "Several models could answer.", hint=f"Name one, as in `studiolo chat {candidates[0]}`: {_list(candidates)}"
        )
    return _pick(candidates)


def _pick(candidates: list[str]) -> str:
    console = errors_console()
    for number, candidate in enumerate(candidates, 1):
        console.print(f"{number:3}  {printable(candidate)}", soft_wrap=True)
    numbers = [str(number) for number in range(1, len(candidates) + 1)]
    answer = IntPrompt.ask("Which model?", console=console, choices=numbers, show_choices=False)
    return candidates[answer - 1]


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more (`studiolo ls`)"
