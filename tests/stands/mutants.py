"""Model files with damaged headers, the same ones for the same seed."""

import random
from collections.abc import Iterator
from pathlib import Path

_LARGE = (b"\xff" * 8, b"\x00" * 8, (2**63 - 1).to_bytes(8, "little"), (2**31).to_bytes(8, "little"))


def mutants(source: bytes, header_bytes: int, count: int, *, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of a model whose header is `header_bytes` long."""
    chance = random.Random(seed)
    for number in range(count):
        damaged = bytearray(source)
        damage = (_flip_bits, _large_number, _swap_text, _cut_off, _zero_run, _random_run)[number % 6]
        for _ in range(chance.randint(1, 3)):
            damage(damaged, min(header_bytes, len(damaged)), chance)
        yield bytes(damaged)


def write_mutants(source: Path, header_bytes: int, folder: Path, count: int, *, seed: int) -> list[Path]:
    """Each mutant in a repository of its own below `folder`: `mutant/m017/m017.gguf`."""
    written = []
    for number, content in enumerate(mutants(source.read_bytes(), header_bytes, count, seed=seed)):
        path = folder / "mutant" / f"m{number:03}" / f"m{number:03}.gguf"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        written.append(path)
    return written


def _flip_bits(data: bytearray, header: int, chance: random.Random) -> None:
    data[chance.randrange(header)] ^= 1 << chance.randrange(8)


def _large_number(data: bytearray, header: int, chance: random.Random) -> None:
    at = chance.randrange(4, max(5, header - 8))
    data[at : at + 8] = chance.choice(_LARGE)


def _swap_text(data: bytearray, header: int, chance: random.Random) -> None:
    for name in chance.sample((b"llama", b"blk.0", b"weight", b"tokenizer", b"head_count", b"general"), 6):
        if (at := data.find(name, 0, header)) >= 0:
            data[at : at + len(name)] = bytes(chance.randrange(32, 127) for _ in name)
            return


def _cut_off(data: bytearray, header: int, chance: random.Random) -> None:
    del data[chance.randrange(header) :]
    data += b"\x00" * chance.randrange(64)


def _zero_run(data: bytearray, header: int, chance: random.Random) -> None:
    at = chance.randrange(header)
    length = min(chance.randrange(1, 64), len(data) - at)
    data[at : at + length] = bytes(length)


def _random_run(data: bytearray, header: int, chance: random.Random) -> None:
    at = chance.randrange(header)
    length = min(chance.randrange(1, 32), len(data) - at)
    data[at : at + length] = chance.randbytes(length)
