"""A window that breaks down leaves a report; one that ends as it should, or is ended, leaves none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.desktop.crash_log import CrashLog, delete_report, private, read_report
from studiolo.paths import app_paths, self_command
from tests.stands.openness import open_to_others
from tests.stands.waiting import wait_until

_BREAKS_DOWN = """
import faulthandler, sys
from pathlib import Path
from studiolo.desktop.crash_log import CrashLog
CrashLog(Path(sys.argv[1])).begin()
faulthandler._sigsegv()
"""


def break_down(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _BREAKS_DOWN, str(folder)], timeout=60, check=False)
    assert done.returncode != 0


def test_the_next_start_keeps_what_the_crash_left(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    break_down(folder)
    assert read_report(folder) is None, "not before somebody looked what was left"
    log = CrashLog(folder)
    log.begin()
    report = read_report(folder)
    assert report
    assert "Segmentation fault" in report.text
    assert "Studiolo 0." in report.text
    log.end()
    CrashLog(folder).end()
    assert read_report(folder), "it stays until it is deleted"
    delete_report(folder)
    assert read_report(folder) is None
    assert list(folder.iterdir()) == []


def test_a_good_end_and_one_by_force_leave_no_report(tmp_path: Path) -> None:
    first = CrashLog(tmp_path)
    first.begin()
    assert [file.name for file in tmp_path.iterdir()] == ["desktop-crash.log"]
    first.end()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "desktop-crash.log").write_text("Studiolo 0.1.0\nStarted at noon\n\n")
    again = CrashLog(tmp_path)
    again.begin()
    again.end()
    assert read_report(tmp_path) is None


def test_where_it_can_not_be_written_the_program_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log = CrashLog(tmp_path / "logs")
    log.begin()
    log.end()
    assert "no report" in caplog.text


def test_a_report_has_no_tokens_and_no_name_of_the_persons_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    text = private('File "/home/ada/x.py", hf_abcdefghijklmnop')
    assert "ada" not in text
    assert "abcdefghijklmnop" not in text


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
def test_the_real_window_leaves_one_and_only_its_owner_reads_it() -> None:
    for number, left in ((signal.SIGTERM, False), (signal.SIGSEGV, True)):
        process = subprocess.Popen(
            self_command(), env=os.environ | {"STUDIOLO_STARTUP_TRACE": "1"}, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("shown ")
            process.send_signal(number)
            process.wait(20)
            assert (app_paths().logs / "desktop-crash.log").exists() is left
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
    assert "desktop-crash" not in str(open_to_others())
    log = CrashLog(app_paths().logs)
    log.begin()
    report = read_report(app_paths().logs)
    log.end()
    assert report
    assert "Fatal Python error" in report.text
    assert "application.py" in report.text
    wait_until(lambda: "desktop-crash" not in str(open_to_others()))
