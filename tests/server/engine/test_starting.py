"""With which runtime a model is loaded: the chosen one, and the bundled one where that fails, never quietly."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.errors import EngineError, RequestError
from studiolo.paths import Paths
from studiolo.server.engine.contract import Engine, EngineSettings
from studiolo.server.engine.starting import Starter
from studiolo.server.runtimes.registry import RuntimeRegistry
from tests.server.engine.test_executable import settings_for
from tests.stands.llama_executable import write_stand
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand is a script with a first line for Unix")


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    return settings_for(write_tiny_llama(tmp_path / "tiny.gguf"))


class Chosen:
    """A registry in which a stand is chosen, what it told, and a starter with it."""

    def __init__(self, folder: Path, *, rpc: tuple[str, ...] = (), **how: object) -> None:
        self.told: list[str] = []
        self.registry = RuntimeRegistry(Paths(*(folder / part for part in "abcde")), tell=self.told.append)
        self.executable = write_stand(folder / "stand", **how)
        self.runtime = self.registry.add(str(self.executable), "Stand", list(rpc))
        self.registry.note_proof(self.runtime.id, RuntimeProof(passed=True))
        self.registry.choose(self.runtime.id)
        self.starter = Starter(self.registry, sockets=folder / "s")

    @asynccontextmanager
    async def loaded(self, settings: EngineSettings) -> AsyncIterator[Engine]:
        engine = await self.starter.start(settings, lambda _: None)
        watch = asyncio.create_task(engine.wait_closed())
        try:
            yield engine
        finally:
            await engine.close()
            await watch

    def is_used_by(self, engine: Engine) -> bool:
        return str(self.executable) in Path(f"/proc/{engine.pid}/cmdline").read_text()


async def test_the_chosen_runtime_loads_models(settings: EngineSettings, tmp_path: Path) -> None:
    chosen = Chosen(tmp_path)
    async with chosen.loaded(settings) as engine:
        assert chosen.is_used_by(engine)
    assert (chosen.told, chosen.registry.fallback) == ([], "")


async def test_one_that_fails_gives_way_to_the_bundled_one_and_that_is_told(
    settings: EngineSettings, tmp_path: Path
) -> None:
    chosen = Chosen(tmp_path, at_load="illegal")
    async with chosen.loaded(settings) as engine:
        assert not chosen.is_used_by(engine)
    reason = (
        "The runtime 'Stand' can't be used: it has instructions that this processor does not know (illegal "
        "instruction). Take a build for this processor, or one with a variant for each."
    )
    assert chosen.registry.fallback == reason
    assert chosen.told == [f"Models are loaded with the bundled runtime: {reason}"]
    assert chosen.starter.runtime.id == BUNDLED
    write_stand(chosen.executable.parent)
    async with chosen.loaded(settings) as engine:
        assert not chosen.is_used_by(engine), "until a person chooses again"
    chosen.registry.note_proof(chosen.runtime.id, RuntimeProof(passed=True))
    chosen.registry.choose(chosen.runtime.id)
    async with chosen.loaded(settings) as engine:
        assert chosen.is_used_by(engine)


async def test_a_model_that_no_engine_can_load_is_not_laid_on_the_runtime(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path, at_load="segfault")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but no more")
    with pytest.raises(EngineError, match="The model could not be loaded") as caught:
        await chosen.starter.start(settings_for(broken), lambda _: None)
    assert "it crashed (SIGSEGV)" in caught.value.details
    assert (chosen.told, chosen.registry.fallback) == ([], "")


async def test_a_crash_in_use_has_the_next_load_use_the_bundled_one(settings: EngineSettings, tmp_path: Path) -> None:
    chosen = Chosen(tmp_path)
    async with chosen.loaded(settings) as engine:
        os.kill(engine.pid, signal.SIGSEGV)
        await until(lambda: chosen.registry.fallback)
    assert chosen.registry.fallback == "'Stand' ended in the middle of its work: it crashed (SIGSEGV)."
    assert len(chosen.told) == 1
    async with chosen.loaded(settings) as engine:
        assert not chosen.is_used_by(engine)


async def test_a_crash_of_one_that_is_not_chosen_any_more_leaves_the_chosen_one_in_use(
    settings: EngineSettings, tmp_path: Path
) -> None:
    chosen = Chosen(tmp_path)
    async with chosen.loaded(settings) as engine:
        other = chosen.registry.add(str(write_stand(tmp_path / "other")), "Other", [])
        chosen.registry.note_proof(other.id, RuntimeProof(passed=True))
        chosen.registry.choose(other.id)
        os.kill(engine.pid, signal.SIGSEGV)
        await engine.wait_closed()
    assert (chosen.registry.fallback, chosen.told) == ("", [])
    assert chosen.starter.runtime.id == other.id


async def test_one_that_is_gone_is_looked_for_once_and_found_again_when_it_is_back(tmp_path: Path) -> None:
    before = Chosen(tmp_path)
    away = before.executable.parent.rename(tmp_path / "away")
    registry = RuntimeRegistry(Paths(*(tmp_path / part for part in "abcde")), tell=before.told.append)
    starter = Starter(registry, sockets=tmp_path / "s")
    assert starter.runtime.id == BUNDLED
    assert "is not here any more" in before.told[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "is_file", lambda path: pytest.fail(f"{path} is on a disk that does not answer"))
        assert starter.runtime.id == BUNDLED
        assert not starter.cards()
    with pytest.raises(RequestError, match="'Stand' is in use"):
        registry.remove_own(before.runtime.id)
    away.rename(before.executable.parent)
    assert registry.choose(before.runtime.id).executable == before.executable
    assert starter.runtime.id == before.runtime.id


async def test_an_unload_is_no_crash(settings: EngineSettings, tmp_path: Path) -> None:
    chosen = Chosen(tmp_path)
    async with chosen.loaded(settings):
        pass
    assert chosen.registry.fallback == ""


async def test_a_worker_that_is_not_there_is_named_and_nothing_is_started(
    settings: EngineSettings, tmp_path: Path
) -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as there:
        port = there.sockets[0].getsockname()[1]
        chosen = Chosen(tmp_path, rpc=(f"127.0.0.1:{port}", "127.0.0.1:1"), at_load="segfault")
        with pytest.raises(
            EngineError, match=r"The worker 127\.0\.0\.1:1 on another machine can't be reached"
        ) as error:
            await chosen.starter.start(settings, lambda _: None)
    assert error.value.retryable
    assert chosen.registry.fallback == "", "the runtime is not at fault"


async def test_a_worker_that_went_is_no_fault_of_the_runtime_and_the_next_load_uses_it_again(
    settings: EngineSettings, tmp_path: Path
) -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as there:
        port = there.sockets[0].getsockname()[1]
        chosen = Chosen(tmp_path, rpc=(f"127.0.0.1:{port}",))
        async with chosen.loaded(settings) as engine:
            # As a head does whose worker went (ggml-rpc.cpp).
            os.kill(engine.pid, signal.SIGABRT)
            await engine.wait_closed()
        assert chosen.registry.fallback == ""
        async with chosen.loaded(settings) as engine:
            assert chosen.is_used_by(engine)


async def test_the_cards_of_the_chosen_runtime_are_known_to_whoever_reckons_memory(
    settings: EngineSettings, tmp_path: Path
) -> None:
    chosen = Chosen(tmp_path, devices=["Vulkan0: A card (8192 MiB, 8000 MiB free)"])
    assert chosen.starter.cards() == [], "nobody has looked yet"
    looking = asyncio.create_task(chosen.starter.run())
    try:
        [card] = await until(chosen.starter.cards)
        assert (card.id, card.name, card.free_bytes) == ("Vulkan0", "A card", 8000 << 20)
        write_stand(chosen.executable.parent, devices=["Vulkan0: A card (8192 MiB, 6000 MiB free)"])
        async with chosen.loaded(settings):
            await until(lambda: chosen.starter.cards()[0].free_bytes == 6000 << 20)
    finally:
        looking.cancel()
