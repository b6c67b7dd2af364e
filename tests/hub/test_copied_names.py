"""Names of models as they are copied: from the buttons of other programs, out of a browser, out of a chat."""

import pytest

from studiolo.errors import RequestError
from studiolo.hub.links import ModelName, parse_model_name

GGUF = "unsloth/Qwen3-8B-GGUF"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{GGUF}:Q4_K_M", ModelName(GGUF, "Q4_K_M")),
        (f"{GGUF}:latest", ModelName(GGUF)),
        (f"hf.co/{GGUF}:UD-Q4_K_XL", ModelName(GGUF, "UD-Q4_K_XL", link=True)),
        (f"huggingface.co/{GGUF}:latest", ModelName(GGUF, link=True)),
        (f"https://hf.co/{GGUF}:Q8_0", ModelName(GGUF, "Q8_0", link=True)),
        (f"ollama run hf.co/{GGUF}:Q4_K_M", ModelName(GGUF, "Q4_K_M", link=True)),
        (f"llama-server -hf {GGUF}:Q4_K_M --jinja", ModelName(GGUF, "Q4_K_M")),
        (f"lms get {GGUF}@q8_0", ModelName(GGUF, "q8_0")),
        (f"hf://{GGUF}", ModelName(GGUF, link=True)),
        (f"hf://{GGUF}:Q8_0", ModelName(GGUF, "Q8_0", link=True)),
        (f"lmstudio://open_from_hf?model={GGUF}", ModelName(GGUF, link=True)),
        (f"lmstudio://open_from_hf?model={GGUF}&file=a%20b.gguf", ModelName(GGUF, link=True, file="a b.gguf")),
        ("https://lmstudio.ai/models/qwen/qwen3-8b", ModelName("qwen/qwen3-8b")),
        ("lmstudio.ai/models/qwen/qwen3-8b", ModelName("qwen/qwen3-8b")),
        (f"https://model.lmstudio.ai/download/{GGUF}", ModelName(GGUF, link=True)),
        ("`qwen/qwen3-8b`", ModelName("qwen/qwen3-8b")),
        (f"<https://huggingface.co/{GGUF}>", ModelName(GGUF, link=True)),
        (f' "{GGUF}:Q4_0" ', ModelName(GGUF, "Q4_0")),
        (f"https://huggingface.co/{GGUF}/tree/main/UD-Q4_K_XL", ModelName(GGUF, "UD-Q4_K_XL", link=True)),
        (
            f"https://huggingface.co/{GGUF}/tree/main?show_file_info=m-Q8_0.gguf",
            ModelName(GGUF, link=True, file="m-Q8_0.gguf"),
        ),
        (
            f"https://huggingface.co/{GGUF}?show_file_info=a%2Fm-Q8_0.gguf",
            ModelName(GGUF, link=True, file="a/m-Q8_0.gguf"),
        ),
        (f"https://huggingface.co/{GGUF}/tree/refs%2Fpr%2F1", ModelName(GGUF, link=True, revision="refs/pr/1")),
        (
            f"https://huggingface.co/{GGUF}/blob/refs%2Fpr%2F1/x.gguf",
            ModelName(GGUF, link=True, revision="refs/pr/1", file="x.gguf"),
        ),
        (f"https://huggingface.co/{GGUF}/tree/main/docs", ModelName(GGUF, link=True)),
    ],
)
def test_what_is_copied_is_understood(text: str, name: ModelName) -> None:
    assert parse_model_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("ollama run llama3", "hf://", "lmstudio://open_from_hf", "lmstudio://open_from_hf?model=../x", "``", "<>"),
        *("https://lmstudio.ai/docs", "https://lmstudio.ai.evil.example/models/a/b", "hf://owner", "a b:c/d"),
    ],
)
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as raised:
        parse_model_name(text)
    assert raised.value.param == "model"
