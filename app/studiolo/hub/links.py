"""What a person gives as a model's name: a catalog id, a repository, a link to one or to a file in it."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from studiolo.errors import RequestError
from studiolo.hub.huggingface import DEFAULT_ENDPOINT, is_repository

_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_VIEWS = ("tree", "blob", "resolve", "raw")


@dataclass(frozen=True)
class ModelName:
    """`name`: `owner/name`. `link`: it was given as one, and so means a repository. `file`: a file's path in it."""

    name: str
    quantization: str | None = None
    link: bool = False
    revision: str = "main"
    file: str | None = None


def parse_model_name(text: str, endpoint: str = DEFAULT_ENDPOINT) -> ModelName:
    """`owner/name`, `owner/name@quant`, or a link at `endpoint` or Hugging Face. Raises RequestError."""
    text = text.strip()
    parts = _split(text, endpoint)
    if parts.scheme in ("http", "https"):
        return _link(text, endpoint)
    if parts.netloc == "" and text.lower().startswith(_HOSTS):
        return _link(f"https://{text}", endpoint)
    name, _, quantization = text.partition("@")
    if not is_repository(name):
        raise RequestError(
            f"'{text[:200]}' is not the name of a model.",
            param="model",
            code="invalid_value",
            hint="It is owner/name, or the link of a repository at huggingface.co.",
        )
    return ModelName(name, quantization or None)


def _link(text: str, endpoint: str) -> ModelName:
    parts = _split(text, endpoint)
    steps = unquote(parts.path).strip("/").split("/")
    name = "/".join(steps[:2])
    if parts.netloc.lower() not in (urlsplit(endpoint).netloc.lower(), *_HOSTS) or not is_repository(name):
        raise _no_link(text, endpoint)
    viewed = len(steps) > 3 and steps[2] in _VIEWS
    revision = steps[3] if viewed else "main"
    path = "/".join(steps[4:]) if viewed else ""
    return ModelName(name, link=True, revision=revision, file=path if path.lower().endswith(".gguf") else None)


def _split(text: str, endpoint: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:  # Brackets around what is no address, and letters that stand for others.
        raise _no_link(text, endpoint) from error


def _no_link(text: str, endpoint: str) -> RequestError:
    return RequestError(
        f"'{text[:200]}' is not the link of a repository.",
        param="model",
        code="invalid_value",
        hint=f"It is like {endpoint}/owner/name.",
    )
