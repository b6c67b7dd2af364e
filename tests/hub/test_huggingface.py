"""What the hub's API says, and what its refusals mean."""

import hashlib
import time
from collections.abc import AsyncIterator

import pytest

from studiolo.errors import NotFoundError, ProtocolError, RequestError, UnreachableError
from studiolo.hub.huggingface import HuggingFace, endpoint_in_force, token_in_force
from studiolo.network.network import Network
from tests.stands.hub import StandHub

MODEL = b"GGUF" * 1000


@pytest.fixture
async def hub(stand: StandHub) -> AsyncIterator[HuggingFace]:
    async with HuggingFace(stand.endpoint, token=stand.TOKEN, network=Network()) as hub:
        yield hub


async def test_results_come_page_by_page(stand: StandHub, hub: HuggingFace) -> None:
    for number in range(7):
        stand.add(f"acme/model-{number}-GGUF", {})
    found, page = [], None
    for _ in range(3):
        result = await hub.search("model", limit=3, page=page)
        found += [repository.id for repository in result.repositories]
        page = result.next_page
    assert page is None
    assert found == [f"acme/model-{number}-GGUF" for number in range(7)]


async def test_a_page_of_another_origin_is_not_asked(stand: StandHub, hub: HuggingFace) -> None:
    for page in (stand.cdn + "/api/models", "http://[abc", "http://127.0.0.1:99999/api/models"):
        with pytest.raises(RequestError, match="no page of this hub"):
            await hub.search("x", page=page)
    with pytest.raises(RequestError, match="no address"):
        await hub.search("x", page=stand.endpoint + "/\x7f")
    assert stand.asked == []


async def test_a_repository_tells_its_files(stand: StandHub, hub: HuggingFace) -> None:
    stand.add("acme/m-GGUF", {"m-Q4_K_M.gguf": MODEL, "m-Q8_0.gguf": MODEL * 2, "README.md": b"# m"})
    repository = await hub.repository("acme/m-GGUF")
    assert repository.license == "apache-2.0"
    assert len(repository.revision) == 40
    assert [(choice.quantization, choice.size_bytes) for choice in repository.choices] == [
        ("Q4_K_M", 4000),
        ("Q8_0", 8000),
    ]
    assert repository.choices[0].files[0].sha256 == hashlib.sha256(MODEL).hexdigest()


async def test_what_refusals_mean(stand: StandHub, hub: HuggingFace) -> None:
    for name in ("acme/none", "no repository", "../x", "a/b/c"):
        with pytest.raises(RequestError):
            await hub.repository(name)
    stand.add("acme/m", {})
    for status, kind in ((429, UnreachableError), (503, UnreachableError), (418, ProtocolError)):
        stand.hub_statuses = [status]
        with pytest.raises(kind):
            await hub.repository("acme/m")
    stand.hub_statuses = [429]
    with pytest.raises(UnreachableError, match="in 1 seconds"):
        await hub.repository("acme/m")
    with pytest.raises(NotFoundError):
        await hub.repository("acme/none")


async def test_a_hub_that_is_not_there(stand: StandHub) -> None:
    stand.close()
    async with HuggingFace(stand.endpoint, network=Network()) as hub:
        with pytest.raises(UnreachableError, match="can't be reached"):
            await hub.search("x")


async def test_a_token_is_for_its_own_origin(stand: StandHub, hub: HuggingFace) -> None:
    await hub.search("x")
    assert stand.asked[0].headers["Authorization"] == f"Bearer {stand.TOKEN}"


def test_settings_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    assert (endpoint_in_force(), token_in_force()) == ("https://mirror.example", "hf_environment")
    assert (endpoint_in_force("http://10.0.0.1:80"), token_in_force("hf_own")) == ("http://10.0.0.1:80", "hf_own")
    for address in ("ftp://x", "mirror", "http://user@host", "http://[abc", "http://host:99999", "http://host:port"):
        with pytest.raises(RequestError):
            endpoint_in_force(address)


async def card(stand: StandHub, hub: HuggingFace, text: str) -> str:
    stand.add("acme/m-GGUF", {"README.md": text.encode()})
    return await hub.card(await hub.repository("acme/m-GGUF"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("---\nlicense: mit\n---\n# A model\n", "# A model"),
        ("\ufeff--- \r\nlicense: mit\r\n---\r\n# A model", "# A model"),
        ("---\na: '---'\n ---\n---\nOne\n---\nTwo", "One\n---\nTwo"),
        ("---\nlicense: mit\n---", ""),
        ("---\nNo end", "---\nNo end"),
        ("# A model\n---\nx\n---\n", "# A model\n---\nx\n---"),
        ("----\nx\n---\ny", "----\nx\n---\ny"),
        ("", ""),
    ],
)
async def test_a_description_comes_without_its_metadata(
    stand: StandHub, hub: HuggingFace, text: str, told: str
) -> None:
    assert await card(stand, hub, text) == told


async def test_a_description_that_means_harm_takes_no_time(stand: StandHub, hub: HuggingFace) -> None:
    for text in ("---" + "\n" * 250_000, "---\n" + "\n--- x" * 40_000, "---\n" + " " * 250_000):
        began = time.monotonic()
        await card(stand, hub, text)
        assert time.monotonic() - began < 1.0


async def test_a_long_description_ends_with_a_whole_line(stand: StandHub, hub: HuggingFace) -> None:
    line = "Größer ist nicht besser."
    told = await card(stand, hub, "---\nx: 1\n---\n" + f"{line}\n" * 5000)
    assert 60_000 < len(told.encode()) <= 65_536
    assert set(told.split("\n")) == {line}
    assert len((await card(stand, hub, "ß" * 100_000)).encode()) == 65_536


@pytest.mark.parametrize("elsewhere", ["http://[abc", "http://127.0.0.1:99999"])
async def test_a_hub_that_sends_elsewhere_than_anywhere(stand: StandHub, hub: HuggingFace, elsewhere: str) -> None:
    stand.wrong.elsewhere = elsewhere
    with pytest.raises(ProtocolError):
        await card(stand, hub, "# m")
