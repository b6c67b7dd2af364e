"""What a new chat can begin with: prompts that show what the model that answers can do."""

from dataclasses import dataclass

from studiolo.desktop.language import translate
from studiolo.desktop.loading.choices import ModelChoice

MOST_PROMPTS = 3


@dataclass(frozen=True)
class Prompt:
    """`title` is what its button says, `text` what is put into the message field; `attaches`: files are asked for."""

    title: str
    text: str
    attaches: bool = False


def prompts_for(model: ModelChoice | None, *, with_tools: bool) -> list[Prompt]:
    """Return three prompts: first those for what the model can do, then some that any model can answer.

    model: None where it is not known. with_tools: whether tools were chosen for the chat.
    """
    able = []
    if model is not None and model.vision:
        able.append(_about_a_picture())
    if model is not None and model.tools and with_tools:
        able.append(_plain(translate("Prompts", "Which tools do you have here, and what can you do for me with them?")))
    if model is not None and model.reasoning:
        able.append(
            _plain(
                translate(
                    "Prompts", "A bat and a ball cost 11 together, and the bat costs 10 more. What does the ball cost?"
                )
            )
        )
    return [*able, *_for_any_model()][:MOST_PROMPTS]


def _for_any_model() -> list[Prompt]:
    return [
        _plain(translate("Prompts", "Explain how a sailing boat moves against the wind")),
        _plain(translate("Prompts", "Write a short letter to a neighbour about a noisy dog")),
        _plain(translate("Prompts", "Give me five ideas for a rainy afternoon")),
    ]


def _about_a_picture() -> Prompt:
    return Prompt(
        translate("Prompts", "Describe one of my pictures…"),
        translate("Prompts", "What can be seen in this picture?"),
        attaches=True,
    )


def _plain(text: str) -> Prompt:
    return Prompt(text, text)
