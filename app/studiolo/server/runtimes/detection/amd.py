"""AMD's cards as the kernel's driver for computing (KFD) tells them: docs.kernel.org, and the files of ROCm's thunk."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KFD_NODES = Path("/sys/class/kfd/kfd/topology/nodes")
KFD_DEVICE = Path("/dev/kfd")
_MOST_NODES = 64


@dataclass(frozen=True)
class AmdCard:
    """target: the instruction set, such as gfx1100. memory_bytes: its own; None where the kernel does not tell."""

    target: str
    memory_bytes: int | None = None


def find_amd_cards(nodes: Path = KFD_NODES) -> list[AmdCard]:
    """Return the cards that ROCm can compute on. Blocking, a few files."""
    return list(_cards(nodes))


def may_use_kfd(device: Path = KFD_DEVICE) -> bool:
    """Return whether this user may open the driver's device: usually the members of the group `render`."""
    return os.access(device, os.R_OK | os.W_OK)


def _cards(nodes: Path) -> Iterator[AmdCard]:
    try:
        found = sorted(nodes.iterdir(), key=lambda node: (len(node.name), node.name))[:_MOST_NODES]
    except OSError:
        return
    for node in found:
        facts = _properties(node / "properties")
        version = facts.get("gfx_target_version", 0)
        # The processor is a node, too, and has none.
        if facts.get("simd_count", 0) and version:
            target = f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"
            yield AmdCard(target, _properties(node / "mem_banks" / "0" / "properties").get("size_in_bytes"))


def _properties(file: Path) -> dict[str, int]:
    """What a file of KFD says: a name and a number in each line."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines)
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
