"""The files that go beside a model: adapters and drafters, looked at before the engine sees them."""

from dataclasses import replace
from pathlib import Path

from studiolo.errors import NotFoundError, RequestError
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.dial_checks import invalid
from studiolo.server.engine.memory import needed_bytes
from studiolo.server.library.gguf import GgufError, GgufHeader, read_header
from studiolo.server.library.scan import Library, LibraryModel


def with_files(model: LibraryModel, settings: EngineSettings, library: Library) -> EngineSettings:
    """Return the settings with the drafter's path in place of its key, and what is beside the model counted.

    It reads files. Raises RequestError for one that is not what it should be, NotFoundError for one that is not there.
    """
    beside = sum(_adapter_bytes(lora.path, model, number) for number, lora in enumerate(settings.loras))
    draft = settings.draft_model
    if draft is not None:
        draft, needed = _drafter(draft, model, settings, library)
        beside += needed
    return replace(settings, draft_model=draft, beside_bytes=beside)


def _adapter_bytes(path: Path, model: LibraryModel, number: int) -> int:
    param = f"loras.{number}.path"
    header = _header(path, param)
    if header.metadata.get("general.type") != "adapter" or header.metadata.get("adapter.type") != "lora":
        raise invalid(param, f"{path} is no LoRA adapter.", "One is made by llama.cpp's convert_lora_to_gguf.py.")
    if header.architecture != model.architecture:
        raise invalid(
            param,
            f"{path} is an adapter for the architecture {header.architecture}; '{model.key}' is {model.architecture}.",
        )
    return header.tensor_bytes


def _drafter(named: Path, model: LibraryModel, settings: EngineSettings, library: Library) -> tuple[Path, int]:
    """Return the drafter's file, and bytes that it takes with the model's context."""
    if named.is_absolute():
        header, file = _header(named, "draft_model"), named
        needed = header.tensor_bytes
        tokens = header.metadata.get("tokenizer.ggml.model")
    else:
        found = library.find(named.as_posix())
        if found is None:
            raise NotFoundError(
                f"No model '{named.as_posix()[:200]}' is known here.", what="model", param="draft_model"
            )
        if found.error or found.kind != "llm":
            why = found.error or "it makes embeddings."
            raise invalid("draft_model", f"'{found.key}' can't propose tokens: {why}")
        file = found.path
        needed = needed_bytes(
            found, EngineSettings(file, found.size_bytes, settings.context_length, parallel=settings.parallel)
        )
        tokens = _header(file, "draft_model").metadata.get("tokenizer.ggml.model")
    own = _header(model.path, "model").metadata.get("tokenizer.ggml.model")
    if tokens != own:
        raise invalid(
            "draft_model",
            f"{file.name} has other tokens than '{model.key}' ({tokens or 'none'} and {own}).",
            "A drafter has the vocabulary of its model.",
        )
    return file, needed


def _header(path: Path, param: str) -> GgufHeader:
    if not path.is_absolute():
        raise invalid(param, f"'{path}' is no full path on the server's disk.")
    try:
        return read_header(path)
    except GgufError as error:
        raise RequestError(f"{path} can't be used: {error}", param=param, code="invalid_value") from error
