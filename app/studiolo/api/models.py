"""Models and their instances: spec section 3; and, as extensions, what is on the disk and what is done with it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from studiolo.api.base import EXTENSION, MOST_NAME, Answer, Request, absent
from studiolo.api.errors import ErrorInfo
from studiolo.api.load_dials import CacheType, LoadDials, Lora

DELETE_MODELS = "delete_models"
"""Capability: `DELETE /api/v1/models/{key}` removes a model's files; a model tells where it is from."""

IMPORT_MODELS = "import_models"
"""Capability: `POST /api/v1/models/import` takes a file of the server's disk into its models."""

MANAGE_MODELS = "manage_models"
"""Capability: the inventory of the disk, a model's details, verifying, moving, and the trash."""

LOAD_DIALS = "load_dials"
"""Capability: a load, an estimate and a model's defaults take all of `LoadDials`, and the estimate goes by device."""

ESTIMATE_MEMORY = "estimate_memory"
"""Capability: `POST /api/v1/models/estimate` tells how much memory a load would take."""


REMOTE = "upstream"
"""The origin of a model that other machines have."""


class Quantization(Answer):
    """`name` as in file names ("Q4_K_M"); `bits_per_weight` is the format's nominal figure."""

    name: str | None = None
    bits_per_weight: float | None = None


class Sampling(Answer):
    """How the next token is chosen. None: nothing is said. Ranges are those of ChatRequest."""

    model_config = ConfigDict(frozen=True)

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_k: int | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, ge=0, le=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repeat_penalty: float | None = Field(default=None, ge=0)

    @property
    def said(self) -> dict[str, float]:
        """Return what is said, by name."""
        return {name: value for name in Sampling.model_fields if (value := getattr(self, name)) is not None}

    def over(self, others: "Sampling") -> "Sampling":
        """Return this sampling, and `others` where it says nothing."""
        return Sampling(**(others.said | self.said))


class LlmConfig(Answer):
    """How an instance was loaded. Lengths and batch sizes are tokens; `parallel` is the number of slots.

    Extensions are the dials of `LoadDials` that were chosen, and of those that were not what the engine told;
    `own_chat_template`: it has another template than its file's. Of adapters and a drafter it has the files' names.
    `threads` of the processor work on a reply.
    """

    context_length: int = 0
    eval_batch_size: int | None = absent()
    parallel: int | None = absent()
    flash_attention: bool | None = absent()
    num_experts: int | None = absent()
    offload_kv_cache_to_gpu: bool | None = absent()
    physical_batch_size: int | None = absent()
    threads: int | None = absent()
    k_cache_type: CacheType | None = absent()
    v_cache_type: CacheType | None = absent()
    unified_cache: bool | None = absent()
    use_mmap: bool | None = absent()
    use_mlock: bool | None = absent()
    gpu_layers: int | None = absent()
    main_device: str | None = absent()
    device_split: list[float] | None = absent()
    device_memory_limit: int | None = absent()
    cpu_expert_layers: int | None = absent()
    rope_frequency_base: float | None = absent()
    rope_frequency_scale: float | None = absent()
    seed: int | None = absent()
    loras: list[Lora] | None = absent()
    draft_model: str | None = absent()
    draft_max: int | None = absent()
    ngram_speculation: bool | None = absent()
    keep_alive_seconds: int | None = absent()
    own_chat_template: bool | None = absent()


class EmbeddingConfig(Answer):
    """This says how an embedding model was loaded; `context_length` is in tokens."""

    context_length: int = 0


class _Instance(Answer):
    """`remaining_ttl_seconds` only for one that a request loaded just in time.

    Extensions: `memory_bytes`, what its process holds; `slots_in_use`, the requests that it works on, and `slots`, how
    many it can work on at once; `waiting`, those in line.
    """

    id: str = ""
    remaining_ttl_seconds: int | None = absent()
    memory_bytes: int | None = absent()
    slots: int | None = absent()
    slots_in_use: int | None = absent()
    waiting: int | None = absent()


class LlmInstance(_Instance):
    """This describes a loaded instance of a language model, within its entry of the list of models."""

    config: LlmConfig = Field(default_factory=LlmConfig)


class EmbeddingInstance(_Instance):
    """This describes a loaded instance of an embedding model, within its entry of the list of models."""

    config: EmbeddingConfig = Field(default_factory=EmbeddingConfig)


class ReasoningCapability(Answer):
    """Settings that the chat template understands ("xhigh" has been seen, too)."""

    allowed_options: list[str] = Field(default_factory=list)
    default: str | None = None


class Capabilities(Answer):
    """This says what a language model can do; `reasoning` is absent for a model that does not reason."""

    vision: bool = False
    trained_for_tool_use: bool = False
    reasoning: ReasoningCapability | None = absent()


class ModelPlace(Answer):
    """A machine that has a model: the id and the name of its server, an UpstreamState, and how many requests it has."""

    upstream: str = ""
    name: str = ""
    state: str = "unknown"
    busy: int = 0


class _Entry(Answer):
    """`origin` is an extension: whose the model is (starter, lm_studio, hugging_face, ollama), absent for our own.

    One of other machines has the origin "upstream", and `places`, another extension: which machines have it.
    """

    origin: str | None = absent()
    places: list[ModelPlace] | None = absent()
    publisher: str = ""
    key: str = ""
    display_name: str = ""
    quantization: Quantization | None = None
    size_bytes: int = 0
    params_string: str | None = None
    max_context_length: int = 0
    format: str | None = None


class LlmEntry(_Entry):
    """A language model on disk, in one quantization or several.

    `variants` are the names of all quantizations where there are several, `key@q4_k_m`; the entry describes the
    `selected_variant`, which `key` alone means. Extensions: `variant_sizes`, bytes, in the order of `variants`;
    `error`, why the file can't be used, absent for a good one; `sampling`, what is in force where a request says
    nothing.

    A kind of model that this version does not know is read as one of these, under its own `type`.
    """

    type: str = "llm"
    architecture: str | None = None
    loaded_instances: list[LlmInstance] = Field(default_factory=list)
    capabilities: Capabilities = Field(default_factory=Capabilities)
    description: str | None = None
    variants: list[str] | None = absent()
    selected_variant: str | None = absent()
    variant_sizes: list[int] | None = absent()
    error: str | None = absent()
    sampling: Sampling | None = absent()


class EmbeddingEntry(_Entry):
    """An embedding model on disk."""

    # The older API's listings say "embeddings".
    type: Annotated[Literal["embedding"], BeforeValidator(lambda _: "embedding")] = "embedding"
    loaded_instances: list[EmbeddingInstance] = Field(default_factory=list)


def _entry_kind(data: Any) -> str:
    kind = data.get("type") if isinstance(data, dict) else getattr(data, "type", None)
    return "embedding" if kind in ("embedding", "embeddings") else "llm"


ModelEntry = Annotated[
    Annotated[LlmEntry, Tag("llm")] | Annotated[EmbeddingEntry, Tag("embedding")], Discriminator(_entry_kind)
]


class ModelList(Answer):
    """`GET /api/v1/models`."""

    models: list[ModelEntry] = Field(default_factory=list)


class LoadOptionsBody(LoadDials, Request):
    """What a request can choose of a load: documented are those that LM Studio has, the others are extensions."""


class LoadRequest(LoadOptionsBody):
    """`POST /api/v1/models/load`. Loading a key that is loaded already makes a second instance `key:2`.

    `identifier` is an extension (capability `load_identifier`): the instance's id, in place of the key.
    """

    model: str = Field(min_length=1, max_length=MOST_NAME)
    echo_load_config: bool = False
    identifier: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[^\s@\x00-\x1f\x7f-\x9f]+$",
        json_schema_extra=EXTENSION,
    )


class EstimateRequest(LoadOptionsBody):
    """A load that is only thought of."""

    model: str = Field(min_length=1, max_length=MOST_NAME)


class DeviceEstimate(Answer):
    """What one more instance would take of a device. Bytes; `id` is the runtime's name of it, `ram` our own."""

    id: str = ""
    name: str = ""
    needed_bytes: int = 0
    free_bytes: int = 0
    total_bytes: int = 0


class MemoryEstimate(Answer):
    """What one more instance would take with `context_length` tokens, and what is free.

    `devices`: the same by device, the computer's memory last. `placement`: whether all layers are on cards, some, or
    none. `calibrated`: whether loads on this machine were measured, and the figures were brought in line with them.
    """

    needed_bytes: int = 0
    free_bytes: int = 0
    context_length: int = 0
    devices: list[DeviceEstimate] = Field(default_factory=list)
    placement: Literal["card", "partly", "ram"] = "ram"
    calibrated: bool = False


class LoadResponse(Answer):
    """`POST /api/v1/models/load` answers with this; `load_config` is there where the request asked for it."""

    type: str = "llm"
    instance_id: str = ""
    load_time_seconds: float = 0.0
    status: str = "loaded"
    load_config: LlmConfig | None = absent()


class UnloadRequest(Request):
    """`POST /api/v1/models/unload` takes this: the id of one instance."""

    instance_id: str = Field(min_length=1)


class UnloadResponse(Answer):
    """`POST /api/v1/models/unload` answers with the id of the instance that is no longer loaded."""

    instance_id: str = ""


class ImportRequest(Request):
    """Take the GGUF file at `path`, on the server's disk, into its models, as `name` (publisher/name).

    `how`: move, copy, hardlink or symlink.
    """

    path: str = Field(min_length=1)
    how: Literal["move", "copy", "hardlink", "symlink"] = "copy"
    name: str | None = None


class ImportEvent(Answer):
    """What an import streams: `import.progress`, with a fraction, and last `import.result`, with the key."""

    type: str
    progress: float | None = absent()
    key: str | None = absent()
    error: ErrorInfo | None = absent()


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
