"""Where models come from, as a server sees it: search, and what a repository offers. An extension (spec section 8)."""

from pydantic import Field

from studiolo.api.base import Answer, absent

HUB = "hub"
"""Capability: the hub and the catalog are searched through the server, which knows what fits it."""

MODEL_PICKS = "model_picks"
"""Capability: `GET /api/v1/hub/picks` tells which models of the catalog suit the server's machine."""


class HubModel(Answer):
    """A model that can be downloaded. `name` is what POST /api/v1/models/download takes.

    `source` is catalog or huggingface; of the other fields each source fills those that it knows. `recommended`: a
    pick for the memory of this server.
    """

    name: str
    source: str = "huggingface"
    title: str = ""
    sentence: str | None = None
    parameters: str | None = None
    size_bytes: int | None = None
    capabilities: list[str] = Field(default_factory=list)
    downloads: int | None = None
    likes: int | None = None
    updated: str | None = None
    license: str | None = None
    gated: bool = False
    recommended: bool = False


class HubSearch(Answer):
    """`GET /api/v1/hub/models?search=`: the catalog's models first, on the first page.

    `next_page` is to be sent back as `page`; None at the end. `problem`: what went wrong beside, such as a catalog that
    can't be read or a hub that can't be reached; `problem_code` is the error's, such as "offline".
    """

    models: list[HubModel] = Field(default_factory=list)
    next_page: str | None = None
    problem: str | None = None
    problem_code: str | None = absent()


class HubChoice(Answer):
    """One quantization with all its files.

    `memory` says whether it fits the server's: fits, tight (only after other programs gave some back) or too_large.
    `state` is absent, partial, downloading or downloaded; `received_bytes`: what of it is on the disk already. `paths`:
    the files in the repository, to be named by a download (api.downloads.FileSelection).
    """

    name: str
    quantization: str | None = None
    size_bytes: int = 0
    files: int = 1
    paths: list[str] = Field(default_factory=list)
    vision: bool = False
    usual: bool = False
    memory: str = "fits"
    memory_bytes: int = 0
    fits_disk: bool = True
    state: str = "absent"
    received_bytes: int = 0


class HubDetails(Answer):
    """`GET /api/v1/hub/models/{name}`: a repository and its choices, the smallest first.

    `repository` is its name at the hub, `revision` its commit, `page` its address. `remark` says why the usual choice
    is what it is; `description` is what the repository says of itself, in Markdown. Memory and disk are those of the
    server, in bytes.
    """

    model: HubModel
    description: str = ""
    repository: str = ""
    revision: str = ""
    page: str = ""
    choices: list[HubChoice] = Field(default_factory=list)
    remark: str = ""
    memory_total_bytes: int = 0
    memory_free_bytes: int = 0
    disk_free_bytes: int = 0


class ModelPick(Answer):
    """A model of the catalog that a machine can begin with.

    `role` is best, smaller or larger than that. `memory` is as in HubChoice, or unknown; `memory_bytes` what it takes
    there. Its size and what it takes are the catalog's: `GET /api/v1/hub/models/{name}` has the exact ones.
    """

    role: str = "best"
    model: HubModel
    memory: str = "unknown"
    memory_bytes: int = 0
    fits_disk: bool = True


class ModelPicks(Answer):
    """`GET /api/v1/hub/picks`: the best one first; none where the catalog has no model that chats.

    The hub is not asked. Where nothing suits, the best one is the smallest there is, with what is in its way.
    `catalog_models` is how many models the catalog has. Memory and disk are those of the server, in bytes, and 0
    where nothing is known of them; `disk_room_bytes`: what of the free disk downloads may take.
    """

    picks: list[ModelPick] = Field(default_factory=list)
    catalog_models: int = 0
    memory_total_bytes: int = 0
    memory_free_bytes: int = 0
    disk_free_bytes: int = 0
    disk_room_bytes: int = 0
