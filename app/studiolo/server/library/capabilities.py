"""What a model can do, read off its chat template and architecture."""

import re

from studiolo.api.models import Capabilities, ReasoningCapability
from studiolo.server.library.gguf import GgufHeader
from studiolo.server.library.thinking import thinks_by_default

# Architectures of llama.cpp that only embed (llama-arch.cpp: those that build a graph without logits).
_EMBEDDING_ARCHITECTURES = frozenset(
    {
        "bert",
        "modern-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "neo-bert",
        "jina-bert-v2",
        "jina-bert-v3",
        "eurobert",
        "gemma-embedding",
        "t5encoder",
    }
)

_TOOLS = re.compile(r"{%-?\s*(?:if|for|set)[^%]*\btools\b")


def is_embedding(header: GgufHeader) -> bool:
    """Return an architecture that only embeds, or one that says how it pools and has no way to chat."""
    if header.architecture in _EMBEDDING_ARCHITECTURES:
        return True
    return header.of_architecture("pooling_type") is not None and not chat_template(header)


def chat_template(header: GgufHeader) -> str:
    """Return the Jinja source of the model's chat template; empty where it brings none."""
    template = header.metadata.get("tokenizer.chat_template")
    return template if isinstance(template, str) else ""


def capabilities(header: GgufHeader, *, vision: bool) -> Capabilities:
    """Return what a model can do, by its header. vision: whether the model has a projector beside it."""
    return by_template(chat_template(header), vision=vision)


def by_template(template: str, *, vision: bool) -> Capabilities:
    """Return what a model with this chat template can do, in Jinja's language. vision: whether it sees."""
    return Capabilities(
        vision=vision, trained_for_tool_use=bool(_TOOLS.search(template)), reasoning=_reasoning(template)
    )


def _reasoning(template: str) -> ReasoningCapability | None:
    """Return which settings a template understands.

    `reasoning_effort` is gpt-oss's variable, `enable_thinking` Qwen3's; a template that opens `<think>` by itself
    (DeepSeek-R1, QwQ) always reasons.
    """
    if "reasoning_effort" in template:
        return ReasoningCapability(allowed_options=["low", "medium", "high"], default="medium")
    if "enable_thinking" in template:
        usual = "on" if thinks_by_default(template) else "off"
        return ReasoningCapability(allowed_options=["off", "on"], default=usual)
    if "<think>" in template and "add_generation_prompt" in template:
        after = template[template.rindex("add_generation_prompt") :]
        if "<think>" in after:
            return ReasoningCapability(allowed_options=["on"], default="on")
    return None
