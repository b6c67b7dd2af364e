"""The ledger of calls: bounded, without secrets, and never the end of a chat."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studiolo.server.mcp import ledger as module
from studiolo.server.mcp.contract import NOBODY, Caller, ToolResult
from studiolo.server.mcp.ledger import ToolLedger
from tests.server.mcp.tools import ADD, holder

TOKEN = "sk-lm-Ab12Cd34:12345678901234567890"
SECRET = "my dog is called Rex"
RESULT = ToolResult([{"type": "text", "text": f"{SECRET} and {TOKEN}"}], structured={"a": 1})


class Book:
    """A ledger whose setting may change."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.in_full = False
        self.told: list[str] = []
        self.ledger = ToolLedger(
            file, in_full=lambda: self.in_full, cut=lambda text: text.replace("hunter2", "…"), tell=self.told.append
        )

    async def note(self, *, caller: Caller = NOBODY, result: ToolResult | None = RESULT, **changes: Any) -> None:
        given: dict[str, Any] = {
            "tool": ADD,
            "arguments": {"a": SECRET, "key": TOKEN, "password": "hunter2"},
            "approved": "once",
            "ended": "succeeded",
            "seconds": 0.25,
        }
        await self.ledger.note(caller=caller, result=result, **(given | changes))


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    book = Book(tmp_path / "mcp_calls.sqlite")
    yield book
    await book.ledger.aclose()


async def test_a_call_is_told_of_without_what_it_said(book: Book) -> None:
    await book.note(caller=holder("laptop", "mcp"))
    await book.note(caller=Caller(local=True), ended="failed", result=None)
    await book.note(ended="denied", approved="denied", result=None)
    page = await book.ledger.page()
    assert [call.asked_by for call in page.calls] == ["nobody known", "this computer", "laptop"]
    assert not page.more
    last, first = page.calls[0], page.calls[-1]
    assert (last.ended, last.approved, last.result) == ("denied", "denied", "")
    assert (first.server, first.tool, first.ended, first.seconds) == ("mcp/sums", "add", "succeeded", 0.25)
    assert first.arguments == "a: text (20 characters), key: text (35 characters), password: text (7 characters)"
    assert first.result == f"text ({len(SECRET) + len(TOKEN) + 5} characters), structured content (1 fields)"
    assert first.at.endswith("Z")


async def test_texts_are_kept_where_the_setting_has_it_and_secrets_never(book: Book) -> None:
    book.in_full = True
    await book.note()
    [call] = (await book.ledger.page()).calls
    assert SECRET in call.arguments
    assert SECRET in call.result
    for secret in (TOKEN, "hunter2"):
        assert secret not in call.arguments + call.result
        assert secret.encode() not in book.file.read_bytes()
    await book.note(arguments={"text": "x" * 1_000_000}, result=ToolResult([{"type": "text", "text": "y" * 10**6}]))
    [call, _] = (await book.ledger.page()).calls
    assert len(call.arguments) == len(call.result) == module.MOST_TEXT + 1


async def test_a_secret_in_a_name_is_cut_out(book: Book) -> None:
    await book.note(arguments={TOKEN: 1, "hunter2": 2}, tool=replace(ADD, name=TOKEN))
    [call] = (await book.ledger.page()).calls
    assert TOKEN not in call.model_dump_json()
    assert "hunter2" not in call.model_dump_json()


@pytest.mark.parametrize(
    "arguments",
    [{}, {"a": None, "b": True, "c": 1.5, "d": [1, 2], "e": {"f": 1}}, {str(number): number for number in range(500)}],
)
async def test_arguments_of_every_kind_are_told(book: Book, arguments: dict[str, Any]) -> None:
    await book.note(arguments=arguments)
    [call] = (await book.ledger.page()).calls
    assert len(call.arguments) < 1000
    if len(arguments) == 5:
        assert call.arguments == "a: nothing, b: yes or no, c: number, d: list (2 items), e: object (1 fields)"
    if len(arguments) > 100:
        assert call.arguments.endswith("and 460 more")


async def test_odd_contents_end_nothing(book: Book) -> None:
    for in_full in (False, True):
        book.in_full = in_full
        odd: list[dict[str, Any]] = [{}, {"type": 5}, {"type": "image", "data": "QUJD"}, {"text": None}]
        await book.note(result=ToolResult(odd), arguments={"a": "\ud800"})
    calls = (await book.ledger.page()).calls
    assert len(calls) == 2
    assert "image (4 characters of base64)" in calls[-1].result


async def test_pages_follow_each_other(book: Book) -> None:
    for number in range(7):
        await book.note(approved=str(number))
    first = await book.ledger.page(limit=3)
    second = await book.ledger.page(limit=3, before=first.calls[-1].id)
    third = await book.ledger.page(limit=3, before=second.calls[-1].id)
    seen = [call.approved for page in (first, second, third) for call in page.calls]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert [page.more for page in (first, second, third)] == [True, True, False]
    assert not (await book.ledger.page(before=1)).calls
    assert len((await book.ledger.page(limit=0, before=2**80)).calls) == 1


async def test_a_token_s_calls_can_be_told_alone(book: Book) -> None:
    await book.note(caller=holder("same", "mcp"))
    await book.note(caller=replace(holder("same", "mcp"), token=holder("other").token))
    await book.note()
    [call] = (await book.ledger.page(token="tok_same")).calls
    assert call.asked_by == "same"


async def test_it_is_bounded_in_rows_and_in_bytes(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    for number in range(9):
        await book.note(approved=str(number))
    calls = (await book.ledger.page()).calls
    assert [call.approved for call in calls] == ["8", "7", "6", "5", "4"]
    monkeypatch.setattr(module, "MOST_ROWS", 1000)
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    book.in_full = True
    for _ in range(20):
        await book.note(arguments={"text": "x" * 20_000})
    calls = (await book.ledger.page()).calls
    assert 0 < sum(len(call.arguments) + len(call.result) for call in calls) <= 100_000
    assert calls[0].arguments, "the newest stays"


async def test_a_ledger_that_can_not_be_written_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    book = Book(tmp_path / "file" / "mcp_calls.sqlite")
    await book.note()
    assert "could not be entered" in caplog.text
    await book.ledger.aclose()


async def test_noise_is_set_aside_and_told_of(tmp_path: Path) -> None:
    file = tmp_path / "mcp_calls.sqlite"
    file.write_bytes(b"noise" * 1000)
    book = Book(file)
    await book.note()
    assert len((await book.ledger.page()).calls) == 1
    assert ".broken-" in book.told[0]
    await book.ledger.aclose()


async def test_calls_at_once_are_all_entered(book: Book) -> None:
    await asyncio.gather(*(book.note(approved=str(number)) for number in range(50)))
    assert len((await book.ledger.page()).calls) == 50
