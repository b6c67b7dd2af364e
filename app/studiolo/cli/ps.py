"""`studiolo ps`: the loaded models."""

from rich.text import Text

from studiolo.api.models import REMOTE, EmbeddingEntry, EmbeddingInstance, LlmEntry, LlmInstance
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, print_table, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.models import ModelsApi


@as_command
def command(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the loaded models."""
    with ClientSession(host, token) as session:
        entries = session.run(ModelsApi(session.client).list_models())
    here = [entry for entry in entries if entry.origin != REMOTE]
    loaded = [(entry, instance) for entry in here for instance in entry.loaded_instances]
    if as_json:
        print_json([{"model": e.key, "type": e.type, **i.model_dump(mode="json")} for e, i in loaded])
    elif loaded:
        print_table(["INSTANCE", "MODEL", "CONTEXT", "SLOTS", "SIZE", "UNLOADS IN"], [_row(e, i) for e, i in loaded])
    else:
        say("No model is loaded.")


def _row(entry: LlmEntry | EmbeddingEntry, instance: LlmInstance | EmbeddingInstance) -> list[str | Text]:
    slots = instance.config.parallel if isinstance(instance, LlmInstance) else None
    idle = instance.remaining_ttl_seconds
    return [
        instance.id,
        entry.key,
        str(instance.config.context_length or ""),
        str(slots or ""),
        size(entry.size_bytes),
        "" if idle is None else f"{round(idle / 60)} min",
    ]
