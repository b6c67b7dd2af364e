"""What is on a server's disk, and what is done with it: an extension (capability manage_models)."""

from typing import Literal

from pydantic import Field

from studiolo.api.base import MOST_NAME, Answer, Request, absent
from studiolo.api.errors import ErrorInfo


class StoredModel(Answer):
    """One model on disk, each quantization by itself. Sizes are bytes, contexts tokens.

    `path` is the file that is loaded, `folder` the models folder that it is in; `origin`: whose it is (own, starter,
    lm_studio, hugging_face, ollama), and only an own one can be moved or removed; `last_used`: ISO 8601; `loaded`: the
    ids of its instances; `error`: why it can't be used.
    """

    key: str
    type: str = "llm"
    display_name: str = ""
    publisher: str = ""
    architecture: str | None = None
    quantization: str | None = None
    parameters: str | None = None
    size_bytes: int = 0
    max_context_length: int = 0
    files: int = 1
    path: str = ""
    folder: str = ""
    origin: str = "own"
    last_used: str | None = None
    loaded: list[str] = Field(default_factory=list)
    error: str | None = None


class ModelFolder(Answer):
    """A folder of models. Sizes are bytes; `disk` is the same for folders of one disk.

    `models_bytes` is what its models take, `incoming_bytes` what came of downloads that are not complete. `usual`:
    downloads go there. `missing`: it can't be read, such as one on a disk that is not there.
    """

    path: str
    disk: str = ""
    usual: bool = False
    missing: bool = False
    models_bytes: int = 0
    incoming_bytes: int = 0
    free_bytes: int = 0
    total_bytes: int = 0


class Inventory(Answer):
    """`GET /api/v1/models/inventory`."""

    models: list[StoredModel] = Field(default_factory=list)
    folders: list[ModelFolder] = Field(default_factory=list)


class FileDetails(Answer):
    """A file of a model. `sha256`: what it should have, where that is known."""

    path: str
    size_bytes: int = 0
    sha256: str | None = None


class ModelDetails(Answer):
    """`GET /api/v1/models/details/{key}`: what the header of its first file says.

    `metadata`: entry to text; long texts are cut, of long arrays only the length is told. `tensors`: type to bytes.
    """

    key: str
    files: list[FileDetails] = Field(default_factory=list)
    version: int = 0
    tensor_count: int = 0
    parameters: int = 0
    tensors: dict[str, int] = Field(default_factory=dict)
    metadata: dict[str, str] = Field(default_factory=dict)


class VerifyRequest(Request):
    """`POST /api/v1/models/verify`."""

    model: str = Field(min_length=1, max_length=MOST_NAME)


class MoveModelRequest(Request):
    """`POST /api/v1/models/move`: to another of the server's model folders."""

    model: str = Field(min_length=1, max_length=MOST_NAME)
    folder: str = Field(min_length=1)


class WorkEvent(Answer):
    """What verifying and moving stream: `work.progress`, with a fraction, and last `work.result` or `error`.

    `verdict` of a verification: matches; differs from what was downloaded here, or matched before; other_revision: it
    was not downloaded here, and is not what the hub has today, but perhaps what it had once; unknown where nobody knows
    what the hash should be. `files`: the names of those that differ or are unknown.
    """

    type: str
    progress: float | None = absent()
    verdict: Literal["matches", "differs", "other_revision", "unknown"] | None = absent()
    files: list[str] | None = absent()
    error: ErrorInfo | None = absent()
