"""What a server calls the model that a download brought. No widgets."""

from collections.abc import Iterable

from studiolo.api.models import EmbeddingEntry, Inventory, LlmEntry
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.loading.choices import choices_from


def key_in_inventory(inventory: Inventory, download: Download) -> str | None:
    """Return the key of a downloaded model by its file; None if it is not there.

    The file may have been moved to another of the server's folders since.
    """
    whole = [model.key for model in inventory.models if model.path == download.path]
    moved = [model.key for model in inventory.models if _place(model.path) == _place(download.path)]
    return next(iter((*whole, *moved)), None)


def key_in_listing(entries: Iterable[LlmEntry | EmbeddingEntry], download: Download) -> str | None:
    """Return the key of a downloaded model by its name, for a server that tells no more.

    Of several quantizations it is the one that was downloaded.
    """
    named = [choice for choice in choices_from(entries) if _name(choice.key) == _name(download.model)]
    wanted = download.quantization.upper()
    named.sort(key=lambda choice: choice.quantization.upper() != wanted)
    return named[0].key if named else None


def _place(path: str) -> list[str]:
    """Return publisher, repository and file, whatever system the server runs on."""
    return path.replace("\\", "/").split("/")[-3:]


def _name(key: str) -> str:
    """Of "Qwen/Qwen3-8B-GGUF", "qwen/qwen3-8b@q8_0" and "qwen3-8b": the same."""
    return key.partition("@")[0].rpartition("/")[2].lower().removesuffix("-gguf")
