"""Messages by which servers are found: written, read again, and harmless whoever sends them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.dns_sd import (
    MOST_BYTES,
    FoundService,
    ServiceQuery,
    encode_answer,
    encode_query,
    read_answer,
    read_query,
)

QUERY = ServiceQuery(7, wants_unicast=True)


def answer(name: str = "Studiolo on tower", *, port: int = 1234, to_one: bool = True) -> bytes:
    return encode_answer(QUERY, name=name, host="tower", port=port, address="192.168.1.5", to_one=to_one)


def test_a_question_is_understood() -> None:
    assert read_query(encode_query(7)) == QUERY


@pytest.mark.parametrize("to_one", [True, False])
def test_an_answer_is_understood(to_one: bool) -> None:
    assert read_answer(answer(to_one=to_one)) == [FoundService("Studiolo on tower", 1234)]


def test_an_answer_is_none_to_a_question_and_a_question_none_to_an_answer() -> None:
    assert read_query(answer()) is None
    assert read_answer(encode_query(7)) == []


def test_the_question_for_another_service_is_not_for_us() -> None:
    assert read_query(encode_query(7).replace(b"_studiolo", b"_printing")) is None
    assert read_query(encode_query(7).replace(b"_studiolo", b"_STUDIOLO")) == QUERY


@given(name=st.text(max_size=300), port=st.integers(1, 65535), to_one=st.booleans())
def test_whatever_a_server_is_called_fits(name: str, port: int, to_one: bool) -> None:
    found = read_answer(answer(name, port=port, to_one=to_one)) if name.encode(errors="ignore") else []
    for one in found:
        assert one.port == port
        assert one.name.isprintable()


@given(st.binary(max_size=600))
def test_noise_is_nothing(message: bytes) -> None:
    read_query(message)
    read_answer(message)


@given(st.data())
def test_a_message_that_was_tampered_with_is_harmless(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from([encode_query(7), answer(), answer(to_one=False)])))
    for _ in range(data.draw(st.integers(1, 6))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(message[: data.draw(st.integers(0, len(message)))])
    read_query(cut)
    for one in read_answer(cut):
        assert 0 < one.port < 65536
        assert len(one.name) <= 63


def test_names_in_a_circle_and_floods_of_records_end_at_once() -> None:
    head = (7).to_bytes(2, "big") + b"\x84\x00" + b"\xff\xff" * 4
    began = time.monotonic()
    for message in (
        head + b"\xc0\x0c",
        head + b"\x01a\xc0\x0c" * 1000,
        head + (b"\x3f" + b"a" * 63) * 100,
        head + b"\x00\x00\x0c\x00\x01\x00\x00\x00\x00\x00\x00" * 800,
        head + bytes(MOST_BYTES),
        bytes(70_000),
    ):
        assert read_answer(message) == []
        assert read_query(message) is None
    assert time.monotonic() - began < 1
