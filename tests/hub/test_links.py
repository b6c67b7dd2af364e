"""What a person may give as the name of a model."""

import pytest

from studiolo.errors import RequestError
from studiolo.hub.links import ModelName, parse_model_name

MIRROR = "http://mirror:1"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("qwen/qwen3-8b", ModelName("qwen/qwen3-8b")),
        (" qwen/qwen3-8b@q8_0 ", ModelName("qwen/qwen3-8b", "q8_0")),
        ("https://huggingface.co/acme/m-GGUF", ModelName("acme/m-GGUF", link=True)),
        ("huggingface.co/acme/m-GGUF/", ModelName("acme/m-GGUF", link=True)),
        ("https://huggingface.co/acme/m-GGUF/tree/v2?x=1", ModelName("acme/m-GGUF", link=True, revision="v2")),
        (
            "https://huggingface.co/acme/m/blob/main/Q4/m%20x.gguf",
            ModelName("acme/m", link=True, file="Q4/m x.gguf"),
        ),
        ("https://hf.co/acme/m/resolve/main/README.md", ModelName("acme/m", link=True)),
        (f"{MIRROR}/acme/m", ModelName("acme/m", link=True)),
    ],
)
def test_names_and_links(text: str, name: ModelName) -> None:
    assert parse_model_name(text, MIRROR) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "qwen",
        "a/b/c",
        "../x",
        "a/..",
        "a b/c",
        "https://example.com/acme/m",
        "https://huggingface.co/acme",
        "https://huggingface.co/../x",
        "https://huggingface.co.evil.example/acme/m",
        "file:///etc/passwd",
        "http://[abc",
        "https://[::1/acme/m",
        "http://huggingface.co\u2100/acme/m",
        "hf.co[/acme/m",
        "https://huggingface.co:port/acme/m",
    ],
)
def test_what_is_neither(text: str) -> None:
    with pytest.raises(RequestError) as raised:
        parse_model_name(text, MIRROR)
    assert raised.value.param == "model"
