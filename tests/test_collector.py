"""The garbage collector of a process: held while it starts, and at work afterwards."""

import gc
import subprocess
import sys
from contextlib import suppress

import pytest

from studiolo.collector import held_collector, release_collector
from tests.stands.waiting import wait_until

_LOOK = """
import gc, sys, threading, time
from studiolo.__main__ import main

def look():
    while not gc.get_freeze_count():
        time.sleep(0.01)
    begun = gc.get_stats()[0]["collections"]
    # The window's loop collects by itself, once there is something; elsewhere Python does.
    made = [[] for _ in range(1000)]
    while not (gc.isenabled() or gc.get_stats()[0]["collections"] > begun):
        time.sleep(0.01)
    print("released", flush=True)

threading.Thread(target=look, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""


def test_whatever_becomes_of_the_start_it_is_at_work_afterwards() -> None:
    with suppress(OSError), held_collector():
        assert not gc.isenabled()
        raise OSError
    assert gc.isenabled()


def test_what_a_start_made_is_out_of_its_sight() -> None:
    before = gc.get_freeze_count()
    with held_collector():
        release_collector()
        assert gc.isenabled()
    assert gc.get_freeze_count() > before


@pytest.mark.parametrize(
    "arguments",
    [("server", "start", "--foreground", "--port", "0", "--with-parent"), ("--formula-worker",), ("--help",), ()],
    ids=["server", "worker", "command", "window"],
)
def test_each_role_says_when_its_start_is_over(arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _LOOK, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    lines = iter(process.stdout.readline, "")
    try:
        assert any("released" in line for line in lines)
    finally:
        process.stdin.close()
        process.terminate()
        wait_until(lambda: process.poll() is not None)
        process.stdout.close()
