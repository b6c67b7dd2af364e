import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.logs import KEPT_FILES, MAX_BYTES, redact, start_logging

TOKEN = "sk-lm-Ab12Cd34:Zz98Yy76Xx54Ww32Vv10"
HF_TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz01234567"
log = logging.getLogger("studiolo.test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, httpx_level = list(root.handlers), root.level, logging.getLogger("httpx").level
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(httpx_level)
    logging.captureWarnings(False)


def written(folder: Path, name: str = "server") -> str:
    return (folder / f"{name}.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TOKEN, "sk-lm-Ab12…"),
        (f"with {TOKEN}, then", "with sk-lm-Ab12…, then"),
        ("sk-lm-Ab12", "sk-lm-Ab12"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer sk-lm-Ab12…"),
        ("{'authorization': 'Bearer abc.def-123'}", "{'authorization': 'Bearer …'}"),
        ("(b'authorization', b'bearer abc')", "(b'authorization', b'bearer …')"),
        ('{"x-api-key": "abcdef123456"}', '{"x-api-key": "…"}'),
        ("(b'x-api-key', b'abcdef123456')", "(b'x-api-key', b'…')"),
        (f"HF_TOKEN={HF_TOKEN}", "HF_TOKEN=hf_…"),
        ("proxy http://me:secret@proxy.example:3128/", "proxy http://…@proxy.example:3128/"),
        ("http://127.0.0.1:1234/api/v1/models", "http://127.0.0.1:1234/api/v1/models"),
        ("loaded qwen/qwen3-8b@q4_k_m as qwen/qwen3-8b:2", "loaded qwen/qwen3-8b@q4_k_m as qwen/qwen3-8b:2"),
        ("12:01:33 GET http://host:80 by a@b", "12:01:33 GET http://host:80 by a@b"),
    ],
)
def test_redaction(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_message_arguments_and_traceback_are_redacted(tmp_path: Path) -> None:
    start_logging("server", tmp_path)
    log.info("plain %s and {%s}", {"Authorization": f"Bearer {TOKEN}"}, HF_TOKEN)
    log.info(f"in the message {TOKEN}")
    try:
        raise ValueError(f"refused: {TOKEN}")
    except ValueError:
        log.exception("it failed")
    text = written(tmp_path)
    assert text.count("sk-lm-Ab12…") == 3
    assert "ValueError: refused: sk-lm-Ab12…" in text
    assert "Cd34" not in text
    assert HF_TOKEN not in text


def test_the_record_itself_is_left_alone_for_other_handlers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    start_logging("server", tmp_path)
    log.info("%d tokens", 12)
    assert caplog.records[-1].args == (12,)


def test_warnings_go_to_the_log(tmp_path: Path) -> None:
    start_logging("server", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert "DeprecationWarning: old ways" in written(tmp_path)


def test_level_and_folder(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet" / "there"
    start_logging("desktop", folder)
    log.debug("too fine")
    log.info("fine")
    assert "too fine" not in written(folder, "desktop")
    assert "fine" in written(folder, "desktop")
    start_logging("desktop", folder, level=logging.DEBUG)
    log.debug("now wanted")
    assert written(folder, "desktop").count("now wanted") == 1, "the first call's handler is still there"


def test_requests_of_the_http_client_are_not_logged_one_by_one(tmp_path: Path) -> None:
    start_logging("server", tmp_path)
    logging.getLogger("httpx").info("HTTP Request: GET /")
    assert "HTTP Request" not in written(tmp_path)


def test_console_is_redacted_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("server", tmp_path, console=True)
    log.warning("with %s", TOKEN)
    assert "with sk-lm-Ab12…" in capsys.readouterr().err
    start_logging("server", tmp_path)
    log.warning("again")
    assert capsys.readouterr().err == ""


def test_rotation_keeps_a_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 100_000
    monkeypatch.setattr("studiolo.logs.MAX_BYTES", most)
    start_logging("server", tmp_path)
    line = "x" * 10_000
    for _ in range(KEPT_FILES * most // len(line) + 30):
        log.info(line)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["server.log", *(f"server.log.{n}" for n in range(1, KEPT_FILES))]
    assert all(path.stat().st_size <= most for path in tmp_path.iterdir())


def test_goes_on_when_the_old_file_cannot_be_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("server", tmp_path)
    for n in range(1, KEPT_FILES):
        (tmp_path / f"server.log.{n}").mkdir()  # a folder in the way: neither removed nor replaced
    for _ in range(MAX_BYTES // 100_000 + 3):
        log.info("x" * 100_000)
    log.info("the last line")
    assert "the last line" in written(tmp_path)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full")
def test_a_full_disk_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "server.log").symlink_to("/dev/full")
    start_logging("server", tmp_path)
    for _ in range(100):
        log.info("x" * 10_000)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among the files")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "server.log")
    start_logging("server", tmp_path)
    log.info("a line")
    assert capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    start_logging("server", blocker / "logs")
    log.warning("nobody hears this %s", TOKEN)
    assert capsys.readouterr().err == ""
    assert os.listdir(tmp_path) == ["file"]


def test_a_mistake_in_a_log_call_is_still_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("server", tmp_path)
    root = logging.getLogger()
    handler = next(handler for handler in root.handlers if "server.log" in str(handler))
    handler.handle(logging.LogRecord("studiolo", logging.INFO, __file__, 1, "%d", ("no number",), None))
    assert "Logging error" in capsys.readouterr().err
