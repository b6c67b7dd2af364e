"""`studiolo ps`: the loaded models."""

from rich.text import Text

from studiolo.api.models import REMOTE, EmbeddingEntry, EmbeddingInstance, LlmEntry, LlmInstance
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, print_table, printable, say, size
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
        print_table(
            ["INSTANCE", "MODEL", "CONTEXT", "SLOTS", "SIZE", "UNLOADS IN", "WITH"], [_row(e, i) for e, i in loaded]
        )
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
        Text(printable(_dials(instance)), style="dim"),
    ]


def _dials(instance: LlmInstance | EmbeddingInstance) -> str:
    """Return what of its load is not as usual, in a few words."""
    if not isinstance(instance, LlmInstance):
        return ""
    config = instance.config
    words = [
        f"keys {config.k_cache_type}" if config.k_cache_type else "",
        f"values {config.v_cache_type}" if config.v_cache_type else "",
        f"{config.gpu_layers} layers on the card" if (config.gpu_layers or 0) > 0 else "",
        "all layers on the card" if config.gpu_layers == -1 else "",
        f"on {config.main_device}" if config.main_device else "",
        f"{config.num_experts} experts" if config.num_experts else "",
        "adapters" if config.loras else "",
        f"drafts of {config.draft_model}" if config.draft_model else "",
        "n-gram drafts" if config.ngram_speculation else "",
        "own template" if config.own_chat_template else "",
    ]
    return ", ".join(filter(None, words))
