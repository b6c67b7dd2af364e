"""Download jobs as documented: spec section 4. Times are ISO 8601 in UTC with milliseconds and Z."""

from pydantic import Field

from studiolo.api.base import Answer, Request, absent


class DownloadRequest(Request):
    """`model` is a catalog id or a Hugging Face link; `quantization` only goes with a link."""

    model: str = Field(min_length=1)
    quantization: str | None = None


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
