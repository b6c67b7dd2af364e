"""`studiolo ls`: the models on disk."""

from rich.text import Text

from studiolo.api.models import REMOTE, EmbeddingEntry, LlmEntry
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, print_table, printable, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.models import ModelsApi

_ORIGINS = {"lm_studio": "of LM Studio", "hugging_face": "in the Hugging Face cache", "ollama": "of Ollama"}


@as_command
def command(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the models on disk, and those of other machines."""
    with ClientSession(host, token, start=True) as session:
        entries = session.run(ModelsApi(session.client).list_models())
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
    elif entries:
        print_table(["MODEL", "PARAMS", "QUANT", "SIZE", ""], [row for entry in entries for row in _rows(entry)])
    else:
        say("No models yet. `studiolo get` finds and downloads one.")


def _rows(entry: LlmEntry | EmbeddingEntry) -> list[list[str | Text]]:
    """Return the model, and below it its other quantizations."""
    quantization = entry.quantization.name if entry.quantization else None
    size_text = "" if entry.origin == REMOTE else size(entry.size_bytes)
    row: list[str | Text] = [printable(entry.key), entry.params_string or "", quantization or "", size_text]
    rows = [[*row, _state(entry)]]
    if isinstance(entry, LlmEntry) and entry.variants:
        for variant, count in zip(entry.variants, entry.variant_sizes or [0] * len(entry.variants), strict=False):
            if variant != entry.selected_variant:
                name = variant.partition("@")[2].upper()
                rows.append([variant, entry.params_string or "", name, size(count) if count else "", ""])
    return rows


def _state(entry: LlmEntry | EmbeddingEntry) -> Text:
    if entry.origin == REMOTE:
        machines = ", ".join(place.name for place in entry.places or ())
        away = not entry.loaded_instances
        return Text(printable(f"on {machines}{', away' if away else ''}"), style="red" if away else "green")
    if isinstance(entry, LlmEntry) and entry.error:
        return Text(printable(f"broken: {entry.error}"), style="red")
    if entry.loaded_instances:
        return Text("● loaded", style="green")
    notes = ["embedding" if entry.type == "embedding" else "", _ORIGINS.get(entry.origin or "", "")]
    return Text(", ".join(filter(None, notes)), style="dim")
