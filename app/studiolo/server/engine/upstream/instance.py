"""A model of other machines: one entry, however many of them have it, and which of them is asked."""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.api.models import Capabilities, LlmConfig, ModelPlace, Quantization, Sampling
from studiolo.api.upstreams import UpstreamModelInfo
from studiolo.errors import AppError, EngineError
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.endings import with_context_told
from studiolo.server.engine.upstream.errors import NoImagesError, NoToolsError, UpstreamBusyError
from studiolo.server.engine.upstream.machine import NO_TOOLS, UpstreamMachine, may_work_elsewhere
from studiolo.server.library.special_tokens import SpecialTokens
from studiolo.server.request_log import note

logger = logging.getLogger(__name__)

_USUAL_MARKS = SpecialTokens(
    *(
        (
            *("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>"),
            *("<|end_header_id|>", "<|begin_of_text|>", "<|end_of_text|>", "<start_of_turn>", "<end_of_turn>", "<bos>"),
            *("<eos>", "<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|system|>", "<|user|>"),
            *("<|assistant|>", "<|end|>", "<|start|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>"),
            *("[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
            *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "<|eom_id|>", "<|python_tag|>", "<\uff5cUser\uff5c>"),
            *("<\uff5cAssistant\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|turn>", "<turn|>"),
        ),
    )
)
"""Marks of turns of the families that are served: the vocabulary itself is on the other machine."""


@dataclass(frozen=True)
class UpstreamModel:
    """A model as it is told of; see ServedModel. machines: the names of those that have it."""

    key: str
    display_name: str
    publisher: str
    kind: Literal["llm", "embedding"]
    max_context_length: int
    capabilities: Capabilities
    without_tools: str
    machines: tuple[str, ...]
    architecture: str | None = None
    quantization: Quantization | None = None


@dataclass(eq=False)
class ModelSite:
    """A model at one machine."""

    machine: UpstreamMachine
    model: UpstreamModelInfo

    @property
    def context_length(self) -> int | None:
        """Return tokens, as a person or the machine says; None where nobody does."""
        return self.machine.info.context_length or self.model.context_length

    @property
    def room(self) -> int | None:
        """Return tokens of the context, 0 where nobody says; None where a reply ends early only for want of room.

        vLLM takes a limit of its own from the model's files, and others have one for everybody.
        """
        return None if self.machine.dialect in ("studiolo", "lm_studio", "llama.cpp") else self.context_length or 0


@dataclass(eq=False)
class UpstreamInstance:
    """A model that other machines have; see ServingInstance. sampling: what a person chose for it here."""

    id: str
    places: list[ModelSite]
    sampling: Callable[[], Sampling] = Sampling
    ended: bool = False

    load_seconds = 0.0
    fingerprint = None
    forces_calls = False

    @property
    def kind(self) -> Literal["llm", "embedding"]:
        """Return what it is good for."""
        return "embedding" if self.places and self.places[0].model.kind == "embedding" else "llm"

    @property
    def model(self) -> UpstreamModel:
        """Return what is known of the model by now: what one of its places can do, it can do."""
        models = [place.model for place in self.places]
        machines = tuple(dict.fromkeys(place.machine.info.name for place in self.places))
        refusals = [
            note.removeprefix(NO_TOOLS) for model in models for note in model.notes if note.startswith(NO_TOOLS)
        ]
        reasoning = next((model.reasoning for model in models if model.reasoning), None)
        name = self.id.rsplit("/", 1)[-1]
        return UpstreamModel(
            key=self.id,
            display_name=f"{name} ({', '.join(machines)})",
            publisher=next((model.publisher for model in models if model.publisher), ""),
            kind=self.kind,
            max_context_length=self.context_length or 0,
            capabilities=Capabilities(
                vision=any(model.vision is not False for model in models),
                trained_for_tool_use=any(model.tools is not False for model in models),
                reasoning=reasoning,
            ),
            without_tools=" ".join(refusals) or "its server takes none",
            machines=machines,
        )

    @property
    def context_length(self) -> int | None:
        """Return tokens that fit wherever it is asked, as far as the places say; None where none does."""
        said = [place.context_length for place in self.places]
        return min((length for length in said if length), default=None)

    @property
    def config(self) -> LlmConfig:
        """See ServingInstance."""
        return LlmConfig(context_length=self.context_length or 0)

    @property
    def told_places(self) -> list[ModelPlace]:
        """Return the machines that have it, in the words of the API."""
        return [
            ModelPlace(upstream=machine.info.id, name=machine.info.name, state=machine.state, busy=machine.busy)
            for machine in (place.machine for place in self.places)
        ]

    @property
    def problem(self) -> str | None:
        """Return why nobody can be asked just now; None where somebody can."""
        if any(place.machine.problem is None for place in self.places):
            return None
        return next((str(place.machine.problem) for place in self.places), None)

    async def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """See ServingInstance. What fails before its first token is asked for once more, elsewhere."""
        async with aclosing(self._stream(route, self.sampling().said | body)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        failed: list[ModelSite] = []
        while True:
            place, begun = self._choose(body, failed), False
            opening: list[Chunk] = []
            try:
                with place.machine.working():
                    async with aclosing(place.machine.stream(route, body, place.model)) as chunks:
                        async for chunk in with_context_told(chunks, body.get("max_tokens"), place.room):
                            if chunk.opens and not begun:
                                opening.append(chunk)  # Says nothing yet, and another place would say it again.
                                continue
                            begun = begun or chunk.progress is None
                            for held in opening:
                                yield held
                            opening = []
                            yield chunk
                place.machine.note_answer(whole=True)
                return
            except AppError as error:
                self._note(place, error)
                if begun or failed or not self._may_go_on(error):
                    raise
                failed.append(place)
                logger.info("%s is asked elsewhere: %s", self.id, error)

    async def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """See ServingInstance. What fails is asked for once more, elsewhere."""
        failed: list[ModelSite] = []
        while True:
            place = self._choose(body, failed)
            try:
                with place.machine.working():
                    answer = await place.machine.ask(route, body, place.model)
                place.machine.note_answer(whole=True)
                return answer
            except AppError as error:
                self._note(place, error)
                if failed or not self._may_go_on(error):
                    raise
                failed.append(place)

    async def count(self, route: str, body: dict[str, Any]) -> int:
        """See ServingInstance: about as many, where no place counts."""
        place = self._choose(body, [])
        return await place.machine.count(route, body, place.model)

    async def special_tokens(self) -> SpecialTokens:
        """See ServingInstance: the vocabulary is elsewhere, so these are the usual ones."""
        return _USUAL_MARKS

    def _choose(self, body: dict[str, Any], failed: Sequence[ModelSite]) -> ModelSite:
        """Return the place to ask: of those that are well the least busy, the first of several.

        One that failed comes after all others, however little it has to do: who fails at once is always the least
        busy, and would get everything.
        """
        if not self.places:
            raise EngineError(f"No machine has '{self.id}' any more.", hint="Look at the list of models.")
        places = [place for place in self.places if place not in failed]
        if body.get("tools"):
            places = [place for place in places if place.model.tools is not False] or places
        if _shows_images(body):
            places = [place for place in places if place.model.vision is not False] or places
        chosen = min(places, key=lambda place: place.machine.rank)
        note(place=chosen.machine.info.name)
        return chosen

    def _may_go_on(self, error: AppError) -> bool:
        """Return whether another place may do what one could not, or what its model can't."""
        if isinstance(error, NoToolsError):
            return any(place.model.tools is not False for place in self.places)
        if isinstance(error, NoImagesError):
            return any(place.model.vision is not False for place in self.places)
        return may_work_elsewhere(error) and len(self.places) > 1

    def _note(self, place: ModelSite, error: AppError) -> None:
        if isinstance(error, UpstreamBusyError):
            place.machine.rest(error.retry_after)
        elif may_work_elsewhere(error) and not place.machine.closed:
            place.machine.note_failure(error)


def _shows_images(body: dict[str, Any]) -> bool:
    contents = [message.get("content") for message in body.get("messages") or ()]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)
