"""The program's entry."""

import subprocess
import sys


def test_no_role_imports_the_command_line_of_httpx() -> None:
    program = "import sys; from studiolo.__main__ import main; main(['no-such']); import httpx; httpx.AsyncClient()"
    program += "; print(sys.modules['httpx._main'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "None"
