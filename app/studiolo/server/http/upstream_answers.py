"""Models of other machines in the words of `GET /api/v1/models`."""

from collections.abc import Callable, Sequence

from studiolo.api.models import (
    REMOTE,
    EmbeddingConfig,
    EmbeddingEntry,
    EmbeddingInstance,
    LlmEntry,
    LlmInstance,
    LoadRequest,
    LoadResponse,
    ModelEntry,
)
from studiolo.errors import RequestError
from studiolo.server.engine.upstream.instance import UpstreamInstance


def remote_entries(instances: Sequence[UpstreamInstance]) -> list[ModelEntry]:
    """Return an entry for each model. It is loaded as far as anybody here is concerned, unless nobody answers."""
    return [_entry(instance) for instance in instances]


def _entry(instance: UpstreamInstance) -> ModelEntry:
    model, problem = instance.model, instance.problem
    if model.kind == "embedding":
        config = EmbeddingConfig(context_length=model.max_context_length)
        return EmbeddingEntry(
            origin=REMOTE,
            places=instance.told_places,
            publisher=model.publisher,
            key=model.key,
            display_name=model.display_name,
            max_context_length=model.max_context_length,
            loaded_instances=[] if problem else [EmbeddingInstance(id=model.key, config=config)],
        )
    return LlmEntry(
        origin=REMOTE,
        places=instance.told_places,
        publisher=model.publisher,
        key=model.key,
        display_name=model.display_name,
        max_context_length=model.max_context_length,
        capabilities=model.capabilities,
        loaded_instances=[] if problem else [LlmInstance(id=model.key, config=instance.config)],
        error=problem,
    )


def loaded_elsewhere(instance: UpstreamInstance, body: LoadRequest) -> LoadResponse:
    """Return the answer to a load of a model that another machine runs: it is there.

    Raises RequestError where the request chooses how.
    """
    chosen = sorted(body.model_fields_set - {"model", "echo_load_config"})
    if chosen:
        machines = " and ".join(instance.model.machines)
        raise RequestError(
            f"'{instance.id}' runs on {machines}: how it is loaded is chosen there.",
            param=chosen[0],
            code="not_on_this_machine",
            hint="Leave everything out but the model.",
        )
    return LoadResponse(
        type=instance.kind,
        instance_id=instance.id,
        load_time_seconds=0.0,
        load_config=instance.config if body.echo_load_config else None,
    )


def refuse_unload(find: Callable[[str], UpstreamInstance | None], instance_id: str) -> None:
    """Raise RequestError for a model that another machine runs."""
    if instance := find(instance_id):
        machines = " and ".join(instance.model.machines)
        raise RequestError(
            f"'{instance.id}' runs on {machines}, and is not unloaded from here.",
            param="instance_id",
            code="not_on_this_machine",
            hint="`studiolo upstream rm` takes the machine out of the list.",
        )
