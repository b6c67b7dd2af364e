"""Who answers for a model: an instance that is loaded here, or other machines that have the model."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Any, Protocol

from studiolo.api.models import LlmConfig
from studiolo.server.engine.chunk import Chunk
from studiolo.server.library.served import ServedModel
from studiolo.server.library.special_tokens import SpecialTokens


class ServingInstance(Protocol):
    """A model that can be asked. What is of this machine alone (memory, a process, a file) only an Instance has."""

    @property
    def id(self) -> str:
        """Return what requests call it."""
        ...

    @property
    def model(self) -> ServedModel:
        """Return what it is an instance of."""
        ...

    @property
    def config(self) -> LlmConfig:
        """Return how it was loaded; a context length of 0 is one that nobody knows."""
        ...

    @property
    def load_seconds(self) -> float:
        """Return how long the load took; 0 where it was loaded elsewhere."""
        ...

    @property
    def ended(self) -> bool:
        """Return whether it answers no more."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """Return what answers of the same build have in common; None where its server says so itself."""
        ...

    @property
    def forces_calls(self) -> bool:
        """Return whether a call that a request insists on is forced here, by a grammar; else who answers does it."""
        ...

    def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """Stream the chunks of one completion. Raises as Engine.stream does."""
        ...

    async def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a route without a stream. Raises as Engine.ask does."""
        ...

    async def count(self, route: str, body: dict[str, Any]) -> int:
        """Return tokens of the prompt that `stream` would begin with, without its images."""
        ...

    async def special_tokens(self) -> SpecialTokens:
        """Return the marks of the model's vocabulary, or those that models usually have."""
        ...


class RemoteModels(Protocol):
    """The models of other machines, as the pool sees them."""

    def listed(self, here: Collection[str]) -> Sequence[ServingInstance]:
        """Return the models as they are to be listed, each once.

        here: keys of this machine's models, which mean those: a model of the same key has its machine before its name.
        """
        ...

    def find(self, name: str) -> ServingInstance | None:
        """Return the one that a name means, without regard to case."""
        ...

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        ...
