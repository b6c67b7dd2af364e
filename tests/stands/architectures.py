"""Small models of many architectures: what llama.cpp wants of their headers and tensors, as its own errors told it.

`architectures.json` has for each the values of the header and the tensors: name, shape, and the layers that have it
("all", a list, or null for what belongs to no layer). Their weights are nothing; they load and say nonsense.
"""

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.stands.gguf_writer import GgufWriter
from tests.stands.tiny_model import add_vocabulary

CONTEXT = 1 << 20
"""Tokens that each of them claims to hold."""

_ALL: dict[str, Any] = json.loads(Path(__file__).with_name("architectures.json").read_text())
ARCHITECTURES = tuple(_ALL)


def write_architecture(path: Path, name: str) -> Path:
    """Write the model of that name to `path`, and return it."""
    about = _ALL[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, about["architecture"])
    writer.add_name("Small")  # Some names make llama.cpp expect tokens of theirs.
    header = about["header"] | {"context_length": CONTEXT}
    for key, value in header.items():
        _add(writer, f"{about['architecture']}.{key}", value)
    add_vocabulary(writer)
    for tensor, shape, layers in about["tensors"]:
        everywhere = range(header["block_count"]) if layers == "all" else layers
        names = [tensor] if layers is None else [f"blk.{layer}.{tensor}" for layer in everywhere]
        for one in names:
            writer.add_tensor(one, (np.ones if "norm" in one else np.zeros)(shape[::-1], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
    else:
        writer.add_string(key, value)
