"""What is made of large requests is made beside the event loop."""

import threading

from studiolo.server.apart import AT_ONCE, apart, note_size


async def test_a_large_request_is_worked_on_in_a_thread() -> None:
    note_size(AT_ONCE + 1)
    assert await apart(threading.get_ident) != threading.get_ident()


async def test_a_small_request_waits_for_no_thread() -> None:
    note_size(AT_ONCE)
    assert await apart(threading.get_ident) == threading.get_ident()
