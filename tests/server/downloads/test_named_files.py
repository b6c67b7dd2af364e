"""A download that names its files: of which repository, at which commit."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from studiolo.api.downloads import DownloadRequest, FileSelection
from studiolo.api.hub import HubChoice, HubDetails
from studiolo.client.downloads import selection_of
from studiolo.errors import RequestError
from studiolo.hub.huggingface import GATED
from studiolo.paths import app_paths
from tests.server.downloads.conftest import FILE, MIB, REPO, Desk, MakeDesk, files_below, id_of, models_folder, noise
from tests.stands.hub import StandHub
from tests.stands.plain_http import http_client

OTHER = "acme/Other-GGUF"
PARTS = ("Big-Q8_0-00001-of-00002.gguf", "Big-Q8_0-00002-of-00002.gguf")


@pytest.fixture
def files(stand: StandHub) -> dict[str, bytes]:
    """A repository with two models of one quantization, a third in parts, and a page about them."""
    names = (FILE, "Tiny-Chat-Q4_K_M.gguf", *PARTS)
    content = {name: noise(MIB) for name in names} | {"README.md": b"# Tiny"}
    stand.add(REPO, content)
    stand.add(OTHER, {"Other-Q4_K_M.gguf": noise(MIB)})
    return content


@pytest.fixture
async def one(desk: MakeDesk, files: dict[str, bytes]) -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


async def select(desk: Desk, name: str = FILE, *, of: str = REPO) -> FileSelection:
    """The choice with this file, as the server tells it."""
    details = await desk.hub.details(of)
    choice = next(choice for choice in details.choices if name in choice.paths)
    selection = selection_of(details, choice)
    assert selection
    return selection


def asked_for_files(stand: StandHub) -> list[str]:
    """What the hub was asked of repositories."""
    return [asked.path for asked in stand.asked if asked.path.startswith("/api/models/")]


async def test_exactly_what_was_chosen_comes_and_the_hub_is_not_asked_again(
    one: Desk, stand: StandHub, files: dict[str, bytes]
) -> None:
    selection = await select(one, "Tiny-Chat-Q4_K_M.gguf")
    assert len(asked_for_files(stand)) == 1
    job = await one.downloads.start(REPO, selection=selection)
    assert (job.model, job.quantization, job.remark) == (REPO, "Q4_K_M", "")
    await one.state(id_of(job), "completed")
    assert len(asked_for_files(stand)) == 1
    assert files_below(models_folder()) == [f"{REPO}/Tiny-Chat-Q4_K_M.gguf"]
    assert (models_folder() / REPO / "Tiny-Chat-Q4_K_M.gguf").read_bytes() == files["Tiny-Chat-Q4_K_M.gguf"]
    assert (await one.downloads.start(REPO, selection=selection)).status == "already_downloaded"


async def test_all_parts_come_in_whatever_order_they_are_named(one: Desk) -> None:
    selection = await select(one, PARTS[0])
    turned = selection.model_copy(update={"files": selection.files[::-1]})
    job = await one.downloads.start(REPO, selection=turned)
    done = await one.state(id_of(job), "completed")
    assert done.files == 2
    assert done.path.endswith(PARTS[0]), "the first part is the one that is loaded"


async def test_a_server_that_did_not_look_at_the_commit_asks_for_it(
    desk: MakeDesk, stand: StandHub, files: dict[str, bytes]
) -> None:
    async with desk() as first:
        selection = await select(first)
    async with desk() as second:
        stand.asked.clear()
        job = await second.downloads.start(REPO, selection=selection)
        await second.state(id_of(job), "completed")
        assert asked_for_files(stand) == [f"/api/models/{REPO}/revision/{selection.revision}?blobs=true"]


async def test_what_was_seen_with_one_token_is_not_known_to_another(one: Desk, stand: StandHub) -> None:
    selection = await select(one)
    async with http_client(one.address) as http:
        await http.patch("/api/v1/server/settings", json={"hub_token": "hf_another"})
    await one.downloads.start(REPO, selection=selection)
    assert len(asked_for_files(stand)) == 2


async def test_what_the_hub_has_by_now_is_not_what_was_chosen(one: Desk, stand: StandHub) -> None:
    gone = (await select(one)).model_copy(update={"revision": "f" * 40})
    with pytest.raises(RequestError, match="revision of .* is gone") as caught:
        await one.downloads.start(REPO, selection=gone)
    assert caught.value.param == "selection"


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a file that is not there": ({"files": ["Tiny-Q9.gguf"]}, "selection.files", "'Tiny-Q9.gguf' is not among the"),
    "one of them is not there": ({"files": [FILE, "x.gguf"]}, "selection.files", "'x.gguf' is not among the files"),
    "another repository's file": ({"files": ["Other-Q4_K_M.gguf"]}, "selection.files", "is not among the files"),
    "a way up": ({"files": [f"../../{FILE}"]}, "selection.files", "is not among the files"),
    "a way round": ({"files": [f"./{FILE}"]}, "selection.files", "is not among the files"),
    "a way from the root": ({"files": [f"/{FILE}"]}, "selection.files", "is not among the files"),
    "Windows' way": ({"files": [f"..\\{FILE}"]}, "selection.files", "is not among the files"),
    "a letter that steers": ({"files": [f"\x1b[2J{FILE}"]}, "selection.files", r"'\x1b[2J"),
    "no model": ({"files": ["README.md"]}, "selection.files", "These files are not one model"),
    "one file twice": ({"files": [FILE, FILE]}, "selection.files", "These files are not one model"),
    "two models": ({"files": [FILE, "Tiny-Chat-Q4_K_M.gguf"]}, "selection.files", "These files are not one model"),
    "half a model": ({"files": [PARTS[0]]}, "selection.files", "These files are not one model"),
    "no files": ({"files": []}, "selection.files", "at least 1 item"),
    "too many files": ({"files": [FILE] * 2001}, "selection.files", "at most 2000 items"),
    "files that are none": ({"files": [5]}, "selection.files.0", "valid string"),
    "a file without a name": ({"files": [""]}, "selection.files.0", "at least 1 character"),
    "a name without an end": ({"files": ["x" * 1001]}, "selection.files.0", "at most 1000 characters"),
    "no repository": ({"repository": "../../x"}, "selection.repository", "is not the name of a repository"),
    "nobody's repository": ({"repository": "no/body"}, "selection", "There is no 'no/body'"),
    "another repository": ({"repository": OTHER, "revision": "main"}, "selection.repository", f"named of {OTHER}"),
    "another commit": ({"revision": "0" * 40}, "selection", "revision of 'acme/Tiny-GGUF' is gone"),
    "a commit elsewhere": ({"revision": "../../x"}, "selection.revision", "pattern"),
    "a commit with steps": ({"revision": "a/../b"}, "selection.revision", "pattern"),
    "a branch's dots": ({"revision": ".."}, "selection.revision", "pattern"),
    "no commit": ({"revision": ""}, "selection.revision", "at least 1 character"),
    "an unknown key": ({"branch": "main"}, "selection.branch", "Unrecognized key(s)"),
}


@pytest.mark.parametrize(("change", "param", "message"), BAD.values(), ids=BAD.keys())
async def test_what_can_not_be_is_refused(one: Desk, change: dict[str, Any], param: str, message: str) -> None:
    selection = (await select(one)).model_dump() | change
    async with http_client(one.address) as http:
        answer = await http.post("/api/v1/models/download", json={"model": REPO, "selection": selection})
    await assert_refused(one, answer, param, message)


@pytest.mark.parametrize("part", ["repository", "revision", "files"])
async def test_a_part_that_is_missing_is_named(one: Desk, part: str) -> None:
    selection = (await select(one)).model_dump()
    del selection[part]
    async with http_client(one.address) as http:
        answer = await http.post("/api/v1/models/download", json={"model": REPO, "selection": selection})
    await assert_refused(one, answer, f"selection.{part}", f'"selection.{part}" is required')


@pytest.mark.parametrize("body", [{"model": f"{REPO}@q4_k_m"}, {"model": REPO, "quantization": "Q4_K_M"}])
async def test_a_quantization_beside_the_files_is_refused(one: Desk, body: dict[str, Any]) -> None:
    selection = (await select(one)).model_dump()
    async with http_client(one.address) as http:
        answer = await http.post("/api/v1/models/download", json={**body, "selection": selection})
    await assert_refused(one, answer, "quantization", "say which quantization it is")


async def assert_refused(desk: Desk, answer: httpx.Response, param: str, message: str) -> None:
    """The answer says what is wrong, and nothing came of the request."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["param"] == param
    assert message in error["message"]
    assert (await desk.downloads.all()).jobs == []
    assert files_below(models_folder()) == []


async def test_half_a_model_is_told_what_belongs_to_it(one: Desk) -> None:
    half = (await select(one, PARTS[0])).model_copy(update={"files": [PARTS[1]]})
    with pytest.raises(RequestError, match=f"One is {PARTS[0]}, {PARTS[1]}, each once."):
        await one.downloads.start(REPO, selection=half)


async def test_a_hub_that_names_a_file_outside_of_the_folder_is_not_followed(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {"../../evil-Q4_K_M.gguf": noise(MIB)})
    async with desk() as one:
        selection = await select(one, "../../evil-Q4_K_M.gguf")
        with pytest.raises(RequestError, match="names a file in a way that is not accepted"):
            await one.downloads.start(REPO, selection=selection)
        assert (await one.downloads.all()).jobs == []


async def test_a_gated_repository_is_refused_before_it_is_begun(one: Desk, stand: StandHub) -> None:
    stand.repos[REPO].gated = True
    with pytest.raises(RequestError, match="wants to be asked") as caught:
        await one.downloads.start(REPO, selection=await select(one))
    assert caught.value.code == GATED


async def test_a_model_of_the_catalog_keeps_its_name_though_its_repository_got_another(
    desk: MakeDesk, stand: StandHub, files: dict[str, bytes]
) -> None:
    stand.renamed["acme/Former-GGUF"] = REPO
    entries = [
        {"id": f"me/{name}", "name": name, "sentence": "s", "sources": [{"kind": "huggingface", "repo": repo}]}
        for name, repo in (("mine", REPO), ("former", "acme/Former-GGUF"))
    ]
    catalog = app_paths().data / "catalog.json"
    catalog.parent.mkdir(parents=True)
    catalog.write_text(json.dumps({"version": 1, "date": "2099-01-01", "models": entries}))
    async with desk() as one:
        for model in ("me/mine", "me/former"):
            selection = await select(one, of=model)
            assert selection.repository == REPO
            job = await one.downloads.start(model, selection=selection)
            assert job.model == model
            await one.state(id_of(job), "completed")
            await one.downloads.cancel(id_of(job))
            (models_folder() / REPO / FILE).unlink()
        with pytest.raises(RequestError, match=f"named of {OTHER}, and 'me/mine' is {REPO}"):
            await one.downloads.start("me/mine", selection=await select(one, "Other-Q4_K_M.gguf", of=OTHER))


def test_a_request_without_it_is_the_documented_one() -> None:
    assert DownloadRequest(model=REPO).model_dump(exclude_none=True) == {"model": REPO}


@pytest.mark.parametrize(
    ("revision", "paths"), [("", [FILE]), ("a b", [FILE]), ("a" * 1000, [FILE]), ("main", []), ("main", [""])]
)
def test_a_choice_whose_files_can_not_be_named_has_no_selection(revision: str, paths: list[str]) -> None:
    details = HubDetails.model_validate({"model": {"name": REPO}, "repository": REPO, "revision": revision})
    assert selection_of(details, HubChoice(name="Tiny", paths=paths)) is None
