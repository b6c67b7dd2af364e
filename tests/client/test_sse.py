"""The reader of event streams, against the standard's examples and any way of cutting the bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.client import sse
from studiolo.client.sse import ServerSentEvent, SseParser
from studiolo.errors import ProtocolError


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = SseParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    parser.close()
    return events


def message(data: str, event: str = "message") -> ServerSentEvent:
    return ServerSentEvent(event, data)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        # The examples of the standard, section 9.2.6.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [message("YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            [message("first event"), message("second event")],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [message(""), message("\n")]),
        (b"data:test\n\ndata: test\n\n", [message("test"), message("test")]),
        (b"event: a\ndata: 1\n\ndata: 2\n\n", [message("1", "a"), message("2")]),
        (b"event: nothing follows\n\ndata: x\n\n", [message("x")]),
        (b"\xef\xbb\xbfdata: bom\n\n", [message("bom")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [message("a"), message("b"), message("c")]),
        (b"retry: 5\nnonsense: x\ndata: y\n\n", [message("y")]),
        (b'data: {"a": "b: c"}\n\n', [message('{"a": "b: c"}')]),
        (b"data: \xff\n\n", [message("�")]),
        (b"", []),
    ],
)
def test_streams_mean_what_the_standard_says(stream: bytes, events: list[ServerSentEvent]) -> None:
    assert parse(stream) == events


LINES = st.sampled_from(["data: x", "data:", "data: ü日😀", "event: e", ": comment", "id: 1", "", "", "data", "other"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=30), st.data())
def test_no_way_of_cutting_changes_the_events(lines: list[tuple[str, str]], data: st.DataObject) -> None:
    stream = "".join(line + end for line, end in lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parse(*pieces) == parse(stream) == parse(*(bytes([byte]) for byte in stream))


@given(st.binary(max_size=300))
def test_any_bytes_are_read(stream: bytes) -> None:
    parse(stream)


def seconds_for_a_line(size: int) -> float:
    """What a line of `size` bytes in small pieces takes: time of this thread, whatever else the machine does."""
    piece = b"A" * 4096
    parser = SseParser()
    started = time.thread_time()
    events = parser.feed(b"data: ")
    for _ in range(size // len(piece)):
        events += parser.feed(piece)
    events += parser.feed(b"\n\n")
    spent = time.thread_time() - started
    [event] = events
    assert len(event.data) == size
    return spent


def test_a_line_of_twenty_megabytes_in_small_pieces_takes_linear_work() -> None:
    """Eight times the bytes take eight times the work; were each piece to copy what came before, 64 times."""
    large = min(seconds_for_a_line(20 * 2**20) for _ in range(3))
    small = min(seconds_for_a_line(20 * 2**17) for _ in range(10))
    assert large < 25 * small


def test_the_limit_is_tens_of_megabytes() -> None:
    parser = SseParser()
    assert parser.feed(b"data: " + b"A" * 60 * 2**20) == []
    with pytest.raises(ProtocolError, match="too large"):
        parser.feed(b"A" * 5 * 2**20)


@pytest.mark.parametrize("endless", [b"data: " + b"A" * 100, b"data: AAAAAAAAA\n", b"AAAAAAAAAAAAAA"])
def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, endless: bytes) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_CHARACTERS", 10_000)
    parser = SseParser()
    with pytest.raises(ProtocolError, match="too large"):
        all(parser.feed(endless) == [] for _ in range(10_000))


def test_many_small_events_are_no_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_CHARACTERS", 1000)
    assert len(parse(*[b"data: " + b"x" * 500 + b"\n\n"] * 50)) == 50
