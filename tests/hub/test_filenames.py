"""What file names say, and which are not accepted."""

from pathlib import Path

import pytest

from studiolo.errors import RequestError
from studiolo.hub.belonging import is_model
from studiolo.hub.filenames import target_of

FOLDER = Path("/models/acme/m")


@pytest.mark.parametrize("path", ["m-Q4_K_M.gguf", "big one/m.gguf", "模型.gguf", "m..v2.gguf"])
def test_files_go_below_their_folder(path: str) -> None:
    assert target_of(FOLDER, path) == FOLDER / path


@pytest.mark.parametrize(
    "path",
    [
        "../m.gguf",
        "a/../../m.gguf",
        "/etc/passwd",
        "a//m.gguf",
        "",
        ".",
        "..",
        "a\\..\\m.gguf",
        "C:m.gguf",
        "m.gguf:stream",
        "m\0.gguf",
        "m\n.gguf",
        "nul.gguf",
        "m.gguf.",
        "m.gguf ",
        "x" * 300,
        "a/b/c/d/m.gguf",
    ],
)
def test_files_that_would_go_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(RequestError):
        target_of(FOLDER, path)


def test_what_is_a_model() -> None:
    assert is_model("m-Q4_K_M.gguf")
    assert not any(is_model(name) for name in ("mmproj-m.gguf", "m.imatrix.gguf", "ggml-vocab-x.gguf", "README.md"))
