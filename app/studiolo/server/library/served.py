"""What the server knows of any model that it answers for, whether it is a file of this machine or runs on another."""

from typing import Literal, Protocol

from studiolo.api.models import Capabilities, Quantization


class ServedModel(Protocol):
    """A model as those who ask it see it. LibraryModel is one on the disk."""

    @property
    def key(self) -> str:
        """Return what requests call it."""
        ...

    @property
    def display_name(self) -> str:
        """Return what people call it."""
        ...

    @property
    def publisher(self) -> str:
        """Return whose it is."""
        ...

    @property
    def kind(self) -> Literal["llm", "embedding"]:
        """Return what it is good for."""
        ...

    @property
    def architecture(self) -> str | None:
        """Return which architecture it has; None where nobody says."""
        ...

    @property
    def quantization(self) -> Quantization | None:
        """Return how its weights are kept; None where nobody says."""
        ...

    @property
    def max_context_length(self) -> int:
        """Return tokens; 0 where nobody says."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        ...

    @property
    def without_tools(self) -> str:
        """Return why it can't use tools, as the end of a sentence, for one that can't."""
        ...
