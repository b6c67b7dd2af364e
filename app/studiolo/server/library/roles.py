"""What a model file is by its header, which has the last word where a name only guesses."""

from studiolo.hub.belonging import Role
from studiolo.server.library.gguf import GgufHeader

_PROJECTORS = ("clip", "mmproj")
_DRAFTERS = ("dflash", "eagle", "dspark", "medusa")
"""What the architectures of drafters begin with, that a large model's states are put into (llama-arch.cpp)."""
_ASSISTANTS = ("-assistant", "_assistant", "-mtp", "_mtp")
_NO_TOKENIZER = (None, "", "none", "no_vocab")


def role_of(header: GgufHeader | None, by_name: Role, *, first: bool) -> Role:
    """Return the role of a file. header: None where it can't be read.

    first: whether it is a whole model, or its first part.
    """
    if header is None:
        return by_name
    kind, architecture = header.metadata.get("general.type"), (header.architecture or "").lower()
    if architecture in _PROJECTORS or kind == "mmproj":
        return "projector"
    if architecture.startswith(_DRAFTERS) or architecture.endswith(_ASSISTANTS):
        return "drafter"
    if not first:
        return "model"  # Later parts say nothing of what the whole is.
    if kind in ("adapter", "imatrix", "vocab") or _speaks_nothing(header):
        return "other"
    # A name that promises less than what is in the file: a whole model that is called so.
    return "model" if by_name == "other" else by_name


def why_not_alone(header: GgufHeader) -> str:
    """Return why a file that is no model can't be loaded by itself."""
    kind = header.metadata.get("general.type")
    if kind == "adapter":
        return "It is an adapter, which changes another model: it can't be loaded by itself."
    if kind == "imatrix":
        return "It is an importance matrix, from which models are quantized."
    if kind == "vocab":
        return "It is a vocabulary without a model."
    named = f" ({header.architecture[:40]})" if header.architecture else ""
    return f"It has no vocabulary, so it is no language model but one for images or sound{named}."


def sees(projector: GgufHeader | None) -> bool:
    """Return whether a projector is one for images, and not for sound alone."""
    if projector is None:
        return True
    audio = projector.metadata.get("clip.has_audio_encoder") is True
    return projector.metadata.get("clip.has_vision_encoder", not audio) is not False


def _speaks_nothing(header: GgufHeader) -> bool:
    return header.architecture is not None and header.metadata.get("tokenizer.ggml.model") in _NO_TOKENIZER
