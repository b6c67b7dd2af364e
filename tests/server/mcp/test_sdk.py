"""Importing the SDK."""

import subprocess
import sys

_PROGRAM = """
import threading
from studiolo.server.mcp.sdk import import_with_sdk
failed = []
def bring(name):
    try:
        import_with_sdk(name)
    except BaseException as error:
        failed.append(f"{name}: {error!r}")
threads = [threading.Thread(target=bring, args=(name,)) for name in ("oauth", "connection", "program", "exchange")]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(failed)
"""


def test_threads_may_import_it_at_once() -> None:
    """Without care one of them fails nearly each time, with a deadlock that Python detects."""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60)
        assert done.stdout.strip() == "[]", done.stdout + done.stderr
