"""What a person gives as a model's name: a catalog id, a repository, a link to one or to a file in it.

As it is copied from Hugging Face, Ollama, llama.cpp, LM Studio or a chat: with a command before it, or in quotes.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from studiolo.errors import RequestError
from studiolo.hub.belonging import quantization_of
from studiolo.hub.huggingface import DEFAULT_ENDPOINT, is_repository

_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_VIEWS = ("tree", "blob", "resolve", "raw")
_LM_STUDIO = ("lmstudio.ai", "www.lmstudio.ai")
_LM_STUDIO_FILES = "model.lmstudio.ai"
_COMMANDS = ("ollama", "llama", "llama-cli", "llama-server", "lms", "studiolo")
_QUOTES = "`'\"<>“”«»"
_NO_TAG = "latest"
"""Ollama's word for what is usual."""


@dataclass(frozen=True)
class ModelName:
    """`name`: `owner/name`. `link`: it was given as one, and so means a repository. `file`: a file's path in it."""

    name: str
    quantization: str | None = None
    link: bool = False
    revision: str = "main"
    file: str | None = None


def parse_model_name(text: str, endpoint: str = DEFAULT_ENDPOINT) -> ModelName:
    """Read what a person gives as a model.

    Args:
        text: `owner/name`, `owner/name@quant`, `owner/name:quant`, a link at `endpoint` or Hugging Face, or one of LM
            Studio's.
        endpoint: The hub's address.

    Raises:
        RequestError: It is none of these.
    """
    text = _bare(text)
    parts = _split(text, endpoint)
    if parts.scheme in ("http", "https"):
        return _lm_studio_page(parts) or _link(text, endpoint)
    if parts.scheme == "hf":
        return _link(f"{DEFAULT_ENDPOINT}/{parts.netloc}{parts.path}", endpoint)
    if parts.scheme == "lmstudio":
        return _lm_studio_link(parts, text)
    if parts.netloc == "" and text.lower().startswith(_HOSTS):
        return _link(f"https://{text}", endpoint)
    if parts.netloc == "" and text.lower().startswith((*_LM_STUDIO, _LM_STUDIO_FILES)):
        return parse_model_name(f"https://{text}", endpoint)
    name, _, quantization = text.replace(":", "@", 1).partition("@")
    if not is_repository(name):
        raise _no_name(text)
    return ModelName(name, _tag(quantization))


def _bare(text: str) -> str:
    """Without quotes, and without the command that it is an argument of."""
    words = text.strip().strip(_QUOTES).split()
    if len(words) > 1 and words[0].lower() in _COMMANDS:
        words = [word for word in words if "/" in word][:1]
    return " ".join(words).strip(_QUOTES)


def _tag(quantization: str) -> str | None:
    return quantization if quantization and quantization.lower() != _NO_TAG else None


def _link(text: str, endpoint: str) -> ModelName:
    parts = _split(text, endpoint)
    # What is quoted within a step, such as a revision's slashes, does not part steps.
    steps = [unquote(step) for step in parts.path.strip("/").split("/")]
    owner, _, tag = "/".join(steps[:2]).partition(":")
    if parts.netloc.lower() not in (urlsplit(endpoint).netloc.lower(), *_HOSTS) or not is_repository(owner):
        raise _no_link(text, endpoint)
    viewed = len(steps) > 3 and steps[2] in _VIEWS
    path = "/".join(steps[4:]) if viewed else parse_qs(parts.query).get("show_file_info", [""])[0]
    if viewed and not path.lower().endswith(".gguf"):
        path = parse_qs(parts.query).get("show_file_info", [path])[0]
    file = path if path.lower().endswith(".gguf") else None
    folder = None if file or not path else quantization_of(f"{path}/-")
    return ModelName(owner, _tag(tag) or folder, link=True, revision=steps[3] if viewed else "main", file=file)


def _lm_studio_page(parts: SplitResult) -> ModelName | None:
    """Return the model of a page of LM Studio's, which calls them as the catalog does; None for another page."""
    steps = [unquote(step) for step in parts.path.strip("/").split("/")]
    name = "/".join(steps[1:3])
    if parts.netloc.lower() in _LM_STUDIO and steps[0] in ("models", "model") and is_repository(name):
        return ModelName(name)
    if parts.netloc.lower() == _LM_STUDIO_FILES and steps[0] == "download" and is_repository(name):
        return ModelName(name, link=True)
    return None


def _lm_studio_link(parts: SplitResult, text: str) -> ModelName:
    """`lmstudio://open_from_hf?model=owner/name&file=name.gguf`."""
    asked = parse_qs(parts.query)
    name, file = asked.get("model", [""])[0], asked.get("file", [""])[0]
    if not is_repository(name):
        raise _no_name(text)
    return ModelName(name, link=True, file=file if PurePosixPath(file).suffix.lower() == ".gguf" else None)


def _split(text: str, endpoint: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:  # Brackets around what is no address, and letters that stand for others.
        raise _no_link(text, endpoint) from error


def _no_name(text: str) -> RequestError:
    return RequestError(
        f"'{text[:200]}' is not the name of a model.",
        param="model",
        code="invalid_value",
        hint="It is owner/name, or the link of a repository at huggingface.co.",
    )


def _no_link(text: str, endpoint: str) -> RequestError:
    return RequestError(
        f"'{text[:200]}' is not the link of a repository.",
        param="model",
        code="invalid_value",
        hint=f"It is like {endpoint}/owner/name.",
    )
