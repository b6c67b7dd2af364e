"""When each model was used last, as it is remembered."""

from pathlib import Path

import pytest

from studiolo.server.library.usage import Usage


def test_a_memory_of_uses_that_is_broken_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "usage.json"
    for broken in ("nonsense", '{"a": 5}', "[]"):
        file.write_text(broken)
        usage = Usage(file)
        assert usage.of(Path("a")) is None
        usage.note(Path("b"))
        assert Usage(file).of(Path("b"))
        usage.moved(Path("b"), Path("c"))
        assert Usage(file).of(Path("b")) is None
        assert Usage(file).of(Path("c"))
    assert "not understood" in caplog.text
