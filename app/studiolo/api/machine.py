"""The machine that a server runs on, and how fast models are there: extensions below `/api/v1/server`.

Only what is really known is told: what is None, empty or left out is not known.
"""

from pydantic import Field

from studiolo.api.base import MOST_NAME, Answer, Request
from studiolo.api.errors import ErrorInfo
from studiolo.api.load_dials import CacheType, LoadDials

MACHINE = "machine"
"""Capability: the server tells what its machine is made of, and how busy it is."""

BENCHMARKS = "benchmarks"
"""Capability: the server measures how fast a model is on its machine, and keeps what it measured."""


class Processor(Answer):
    """`features`: what of its instructions matters to an engine, such as AVX2. `cores` are real ones."""

    name: str = ""
    architecture: str = ""
    cores: int | None = None
    threads: int | None = None
    features: list[str] = Field(default_factory=list)


class GraphicsDevice(Answer):
    """A graphics device. `load` is 0 to 1; the memory is the device's own."""

    name: str = ""
    driver: str = ""
    memory_bytes: int | None = None
    used_bytes: int | None = None
    load: float | None = None


class MachineDisk(Answer):
    """A disk that holds folders of models."""

    folders: list[str] = Field(default_factory=list)
    total_bytes: int = 0
    free_bytes: int = 0


class MachineLoad(Answer):
    """How busy the machine is, since it was asked last or for a tenth of a second. `cores`: each, 0 to 1."""

    processor: float | None = None
    cores: list[float] = Field(default_factory=list)
    memory_free_bytes: int = 0
    engines_bytes: int = 0
    read_bytes_per_second: float | None = None
    written_bytes_per_second: float | None = None


class MachineInfo(Answer):
    """`GET /api/v1/server/machine` answers with this.

    `engine` and `engine_version` are the ones that run models. `engines_bytes` of the load is what loaded models hold.
    """

    system: str = ""
    engine: str = ""
    engine_version: str = ""
    processor: Processor = Field(default_factory=Processor)
    memory_bytes: int = 0
    graphics: list[GraphicsDevice] = Field(default_factory=list)
    disks: list[MachineDisk] = Field(default_factory=list)
    load: MachineLoad = Field(default_factory=MachineLoad)


class BenchmarkRequest(LoadDials, Request):
    """Measure a model. `beside_others`: also while replies are generated, which makes both slower.

    With any of the dials of a load the model is loaded once more for it, and unloaded again. `repeating`: the prompt
    says the same again and again, as code and lists do, which speculation makes use of.
    """

    model: str = Field(min_length=1, max_length=MOST_NAME)
    prompt_tokens: int = Field(default=512, ge=16, le=1 << 16)
    generated_tokens: int = Field(default=64, ge=4, le=4096)
    runs: int = Field(default=3, ge=1, le=10)
    beside_others: bool = False
    repeating: bool = False

    @property
    def dials(self) -> LoadDials:
        """Return those that were chosen."""
        return LoadDials.model_construct(**{name: getattr(self, name) for name in LoadDials.model_fields})


class Benchmark(Answer):
    """What was measured, and of what.

    Speeds are tokens a second, medians of the runs; the spreads go from the slowest to the fastest, as a part of the
    median. `disturbed`: a reply was generated meanwhile. `runtime` is the id of one, `backend` what it computes with;
    `speculation`: n-gram or draft, empty for none; `repeating`: the prompt said the same again and again.
    """

    id: str = ""
    time: str = ""
    model: str = ""
    quantization: str | None = None
    parameters: str | None = None
    size_bytes: int = 0
    engine: str = ""
    engine_version: str = ""
    processor: str = ""
    graphics: list[str] = Field(default_factory=list)
    context_length: int = 0
    flash_attention: bool | None = None
    offload_kv_cache_to_gpu: bool | None = None
    eval_batch_size: int | None = None
    runtime: str = ""
    backend: str = ""
    k_cache_type: CacheType | None = None
    v_cache_type: CacheType | None = None
    gpu_layers: int | None = None
    speculation: str = ""
    repeating: bool = False
    prompt_tokens: int = 0
    generated_tokens: int = 0
    runs: int = 0
    prompt_tokens_per_second: float = 0.0
    prompt_spread: float = 0.0
    tokens_per_second: float = 0.0
    spread: float = 0.0
    disturbed: bool = False


class BenchmarkList(Answer):
    """`GET /api/v1/server/benchmarks` answers with this: what was measured, the oldest first."""

    benchmarks: list[Benchmark] = Field(default_factory=list)


class BenchmarkEvent(Answer):
    """How far a measurement is (`benchmark.progress`), its end (`benchmark.result`), or why there is none (`error`).

    `stage` is `load`, `warm_up`, `read` or `write`; `progress` is that of the whole, 0 to 1.
    """

    type: str = "benchmark.progress"
    stage: str = ""
    run: int = 0
    progress: float = 0.0
    result: Benchmark | None = None
    error: ErrorInfo | None = None
