"""Download jobs as documented: spec section 4. Times are ISO 8601 in UTC with milliseconds and Z."""

from typing import Annotated

from pydantic import Field

from studiolo.api.base import EXTENSION, MOST_NAME, Answer, Request, absent

DOWNLOAD_FILES = "download_files"
"""Capability: a download may name its files, which `GET /api/v1/hub/models/{name}` tells of each choice."""

_MOST_FILES = 2000
"""So many parts may a model have."""
_REVISION = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
"""A commit, or what a hub without commits calls its one revision."""


class FileSelection(Request):
    """The files of one choice among those of a repository, so that nothing is left to be found out or chosen.

    Attributes:
        repository: Its name at the hub, `owner/name`.
        revision: The commit that has the files.
        files: Their paths in the repository: all that belong to the choice, in any order.
    """

    repository: str = Field(min_length=1, max_length=MOST_NAME)
    revision: str = Field(min_length=1, max_length=200, pattern=_REVISION)
    files: list[Annotated[str, Field(min_length=1, max_length=MOST_NAME)]] = Field(min_length=1, max_length=_MOST_FILES)


class DownloadRequest(Request):
    """`model` is a catalog id or a Hugging Face link; `quantization` only goes with a link.

    `selection` is an extension (capability `download_files`): which files of the model; then `model` only says what it
    is called.
    """

    model: str = Field(min_length=1, max_length=MOST_NAME)
    quantization: str | None = None
    selection: FileSelection | None = Field(default=None, json_schema_extra=EXTENSION)


class DownloadJob(Answer):
    """Answer to both the start of a job and the question for its status.

    `status` is downloading, paused, completed, failed or already_downloaded (then there is no job). Sizes are bytes.
    """

    status: str = "downloading"
    job_id: str | None = absent()
    total_size_bytes: int | None = absent()
    downloaded_bytes: int | None = absent()
    bytes_per_second: float | None = absent()
    started_at: str | None = absent()
    completed_at: str | None = absent()
    estimated_completion: str | None = absent()


DOWNLOADS = "downloads"
"""Capability: jobs are listed, streamed, paused, resumed, cancelled, retried and moved; models are deleted."""

SHARED_FILES = "shared_files"
"""Capability: files are given to other servers, where the setting share_models is on."""


class DownloadInfo(DownloadJob):
    """A job as our server tells it: what is documented, and more.

    `kind` is model, or runtime for a build of llama.cpp, which `model` names then.
    `state` is queued, downloading, waiting (for the network), verifying, no_space, offline (nothing may leave
    the machine), paused, completed or failed.
    `message` and `hint`: why it waits or failed; `remark`: what was decided for whoever asked; `folder`: on the
    server's disk, and `path` the file in it that is loaded; `url`: where the model is from; `place`: in the queue,
    lower ones come first.
    """

    kind: str = "model"
    model: str = ""
    state: str = "queued"
    quantization: str | None = None
    message: str = ""
    hint: str = ""
    remark: str = ""
    folder: str = ""
    path: str = ""
    url: str = ""
    files: int = 1
    place: float = 0.0


class DownloadList(Answer):
    """Every job, in the order of the queue; those that are over keep their place. Sizes are bytes."""

    jobs: list[DownloadInfo] = Field(default_factory=list)
    bytes_per_second: float = 0.0
    disk_free_bytes: int = 0


class MoveRequest(Request):
    """`before`: the job that it shall come before; without it, the end of the queue."""

    before: str | None = None


class DownloadEvent(Answer):
    """`GET /api/v1/models/download/events`.

    `type` is downloads.list (first, with `list`), downloads.job (with `job`) or downloads.removed (with `job_id`).
    `disk_free_bytes`: now and then, when it was looked at anyway.
    """

    type: str
    list: DownloadList | None = absent()
    job: DownloadInfo | None = absent()
    job_id: str | None = absent()
    disk_free_bytes: int | None = absent()
