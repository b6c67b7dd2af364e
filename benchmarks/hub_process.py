"""The stand-in hub as a process of its own: it stands for another machine, so it takes nobody's turn here."""

import hashlib
import os
import sys
from pathlib import Path

from tests.stands.hub import stand_hub


def main(folder: Path, size: int, names: list[str]) -> None:
    """Serve a file of `size` bytes for each name, as `acme/<name>-GGUF`, until stdin closes; prints the address."""
    os.nice(19)
    block = os.urandom(2**20)
    with stand_hub() as hub:
        for name in names:
            path = folder / f"{name}-Q4_K_M.gguf"
            with path.open("wb") as file:
                for number in range(size // 2**20):
                    file.write(hashlib.sha256(f"{name}{number}".encode()).digest() + block[32:])
            hub.add(f"acme/{name}-GGUF", {path.name: path}).sha256(path.name)
        print(hub.endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
