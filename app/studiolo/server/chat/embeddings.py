"""Embeddings: what may be embedded, and vectors of the size that a program asks for (`dimensions`)."""

import base64
import math
import re
import struct
from typing import Any

from studiolo.api.openai import EmbeddingRequest
from studiolo.errors import RequestError
from studiolo.server.library.served import ServedModel

Body = dict[str, Any]

_MADE_FOR_CUTTING = re.compile(
    r"nomic-embed-text-v(?:1\.5|[2-9])|mxbai-embed-(?:large|xsmall)|embedding-?gemma|qwen3-embedding|"
    r"arctic-embed-\w+-v(?:1\.5|[2-9])|jina-embeddings?-v[3-9]|matryoshka",
    re.IGNORECASE,
)
"""Models whose makers say that a vector's beginning stands for the whole (Matryoshka Representation Learning). No
header says it of itself."""


def embedding_order(request: EmbeddingRequest) -> Body:
    """Return the engine's request. What is to be cut must come as numbers. Raises RequestError for ids of tokens.

    Programs that send ids took them from the vocabulary of OpenAI's models: here they mean other words.
    """
    if isinstance(request.input, list) and not all(isinstance(text, str) for text in request.input):
        raise RequestError(
            "'input' has ids of tokens, which mean something else to every model.",
            param="input",
            code="invalid_value",
            hint="Send texts. LangChain's OpenAIEmbeddings does with check_embedding_ctx_length=False.",
        )
    order: Body = {"input": request.input}
    if request.dimensions is None and request.encoding_format:
        order["encoding_format"] = request.encoding_format
    return order


def sized(answer: Body, request: EmbeddingRequest, model: ServedModel) -> Body:
    """Return the engine's answer with vectors of the size that was asked for.

    Raises RequestError where that can't be.
    """
    if request.dimensions is None:
        return answer
    entries = [_sized(entry, request, model) for entry in answer.get("data", ())]
    return {**answer, "data": entries}


def _sized(entry: Body, request: EmbeddingRequest, model: ServedModel) -> Body:
    vector, wanted = entry["embedding"], request.dimensions
    assert wanted
    if wanted != len(vector):
        if wanted > len(vector) or not _MADE_FOR_CUTTING.search(f"{model.key} {model.display_name}"):
            raise RequestError(
                f"'{model.key}' makes vectors of {len(vector)} numbers, not of {wanted}.",
                param="dimensions",
                code="invalid_value",
                hint=f"Leave 'dimensions' out, or send {len(vector)}.",
            )
        vector = _unit(vector[:wanted])
    if request.encoding_format == "base64":
        packed = struct.pack(f"<{len(vector)}f", *vector)
        return {**entry, "embedding": base64.b64encode(packed).decode()}
    return {**entry, "embedding": vector}


def _unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector] if length else vector
