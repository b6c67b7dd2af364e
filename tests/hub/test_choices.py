"""A repository's files as choices."""

import pytest

from studiolo.errors import RequestError
from studiolo.hub.choices import HubFile, choices, choose


def files(*names: str) -> list[HubFile]:
    return [HubFile(name, 100 + number) for number, name in enumerate(names)]


def test_parts_and_projectors_are_one_choice() -> None:
    found = choices(
        files(
            "README.md",
            "m-Q4_K_M.gguf",
            "big/m-Q8_0-00002-of-00002.gguf",
            "big/m-Q8_0-00001-of-00002.gguf",
            "mmproj-m-F32.gguf",
            "mmproj-m-F16.gguf",
            "m-Q6_K-00001-of-00003.gguf",
            "m.imatrix.gguf",
        )
    )
    assert [(choice.quantization, [file.path for file in choice.files]) for choice in found] == [
        ("Q4_K_M", ["m-Q4_K_M.gguf", "mmproj-m-F16.gguf"]),
        ("Q8_0", ["big/m-Q8_0-00001-of-00002.gguf", "big/m-Q8_0-00002-of-00002.gguf", "mmproj-m-F16.gguf"]),
    ]
    assert found[0].vision
    assert found[0].size_bytes == 101 + 105


def test_what_is_asked_for_is_taken() -> None:
    offered = choices(files("m-Q4_K_M.gguf", "m-Q8_0.gguf", "m-fp16.gguf"))
    for wanted, name in (("q8_0", "m-Q8_0"), ("F16", "m-fp16"), ("fp16", "m-fp16"), ("m-q8_0", "m-Q8_0")):
        assert choose(offered, wanted)[0].name == name
    with pytest.raises(RequestError) as raised:
        choose(offered, "Q2_K")
    assert "Q4_K_M, Q8_0, F16" in raised.value.hint


def test_the_nearest_sensible_one_is_taken_and_told() -> None:
    assert choose(choices(files("m-Q8_0.gguf", "m-Q4_K_M.gguf")), None) == (choices(files("x", "m-Q4_K_M.gguf"))[0], "")
    choice, remark = choose(choices(files("m-Q2_K.gguf", "m-Q8_0.gguf", "m-Q4_K_S.gguf")), None)
    assert choice.quantization == "Q4_K_S"
    assert "Q4_K_M" in remark
    assert "Q4_K_S" in remark
    assert choose(choices(files("m.gguf")), None)[1] == ""
    with pytest.raises(RequestError, match="no GGUF files"):
        choose([], None)
