"""Which files of a repository belong together, as repositories really are laid out."""

from collections.abc import Iterable

import pytest

from studiolo.errors import RequestError
from studiolo.hub.belonging import is_model, quantization_of, roles
from studiolo.hub.choices import Choice, HubFile, choices, choose

MIB = 2**20


def files(*names: str, sizes: dict[str, int] | None = None) -> list[HubFile]:
    return [HubFile(name, (sizes or {}).get(name, 100 * MIB)) for name in names]


def told(found: Iterable[Choice]) -> dict[str, list[str]]:
    return {choice.name: [file.path for file in choice.files] for choice in found}


@pytest.mark.parametrize("drafter", ["mtp-Qwen3.6-27B-Q8_0.gguf", "MTP/Qwen3.6-27B-Q8_0-MTP.gguf", "mtp/x-Q8_0.gguf"])
def test_a_drafter_is_not_taken_for_the_model(drafter: str) -> None:
    offered = choices(files("Qwen3.6-27B-Q8_0.gguf", drafter, sizes={"Qwen3.6-27B-Q8_0.gguf": 27_000 * MIB}))
    assert told(offered) == {"Qwen3.6-27B-Q8_0": ["Qwen3.6-27B-Q8_0.gguf"]}
    assert choose(offered, "Q8_0")[0].name == "Qwen3.6-27B-Q8_0"
    assert choose(offered, None)[0].name == "Qwen3.6-27B-Q8_0"
    assert not is_model(drafter)


def test_a_whole_model_may_have_mtp_in_its_name() -> None:
    offered = choices(files("GLM-4.5-Air-MTP-Q4_K_M.gguf", "GLM-4.5-Air-Q4_K_M.gguf"))
    assert len(offered) == 2


@pytest.mark.parametrize(
    "beside",
    [
        *("Qwen3-8B-draft-Q8_0.gguf", "Qwen3-8B-DFlash-Q8_0.gguf", "eagle3-Qwen3-8B-F16.gguf"),
        *("Qwen3-8B-lora-F16.gguf", "WavTokenizer-Large-75-F16.gguf", "Qwen3-8B.imatrix.gguf", "ggml-vocab-qwen3.gguf"),
        *("clip-vit-F16.gguf", "Qwen3-8B-vision-encoder-f16.gguf", "audio-encoder-Q8_0.gguf", "mmproj-F16.gguf"),
    ],
)
def test_what_can_not_be_chatted_with_is_not_offered(beside: str) -> None:
    assert [choice.name for choice in choices(files("Qwen3-8B-Q4_K_M.gguf", beside))] == ["Qwen3-8B-Q4_K_M"]


def test_a_repository_of_nothing_but_draft_models_offers_them() -> None:
    names = ("Qwen3-Coder-DRAFT-0.75B-Q4_0.gguf", "Qwen3-Coder-DRAFT-0.75B-Q8_0.gguf")
    assert [choice.quantization for choice in choices(files(*names))] == ["Q4_0", "Q8_0"]


def test_a_split_model_in_its_own_folder_has_the_projector_of_the_root() -> None:
    parts = [f"UD-Q4_K_XL/Qwen3-VL-235B-UD-Q4_K_XL-0000{part}-of-00002.gguf" for part in (1, 2)]
    assert told(choices(files(*parts, "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf"))) == {
        "Qwen3-VL-235B-UD-Q4_K_XL": [*parts, "mmproj-F16.gguf"]
    }


def test_two_models_of_one_repository_have_a_projector_each() -> None:
    found = told(
        choices(
            files(
                *("gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-12b-it-Q4_K_M.gguf", "gemma-3-27b-it-Q4_K_M.gguf"),
                *("mmproj-gemma-3-4b-it-f16.gguf", "gemma-3-12b-it.mmproj-Q8_0.gguf"),
            )
        )
    )
    assert found["gemma-3-4b-it-Q4_K_M"][1:] == ["mmproj-gemma-3-4b-it-f16.gguf"]
    assert found["gemma-3-12b-it-Q4_K_M"][1:] == ["gemma-3-12b-it.mmproj-Q8_0.gguf"]
    assert found["gemma-3-27b-it-Q4_K_M"][1:] == [], "better none than that of another model"


def test_projectors_without_a_name_belong_to_their_folder() -> None:
    found = told(choices(files("a/one-Q4_0.gguf", "a/mmproj-F16.gguf", "b/two-Q4_0.gguf", "b/mmproj-F16.gguf")))
    assert found == {
        "one-Q4_0": ["a/one-Q4_0.gguf", "a/mmproj-F16.gguf"],
        "two-Q4_0": ["b/two-Q4_0.gguf", "b/mmproj-F16.gguf"],
    }
    found = told(choices(files("a/one-Q4_0.gguf", "b/two-Q4_0.gguf", "b/mmproj-F16.gguf")))
    assert found["one-Q4_0"] == ["a/one-Q4_0.gguf"]
    found = told(choices(files("Q4_0/one-Q4_0.gguf", "mmproj/mmproj-F16.gguf")))
    assert found["one-Q4_0"] == ["Q4_0/one-Q4_0.gguf", "mmproj/mmproj-F16.gguf"]


def test_two_uploads_of_one_split_are_one_choice() -> None:
    two = [f"m-Q8_0-0000{part}-of-00002.gguf" for part in (1, 2)]
    three = [f"m-Q8_0-0000{part}-of-00003.gguf" for part in (1, 2, 3)]
    assert told(choices(files(*three, *two))) == {"m-Q8_0": two}
    assert told(choices(files(*three, two[0]))) == {"m-Q8_0": three}, "the one that is whole"


def test_a_folder_alone_may_name_the_quantization() -> None:
    names = [f"{folder}/model-0000{part}-of-00002.gguf" for folder in ("Q4_K_M", "Q8_0") for part in (1, 2)]
    offered = choices(files(*names))
    assert [(choice.name, choice.quantization) for choice in offered] == [
        ("Q4_K_M/model", "Q4_K_M"),
        ("Q8_0/model", "Q8_0"),
    ]
    assert choose(offered, "q8_0")[0].name == "Q8_0/model"
    assert choose(offered, "Q8_0/model")[0].name == "Q8_0/model"


@pytest.mark.parametrize(
    ("path", "quantization"),
    [
        ("m-NVFP4.gguf", "NVFP4"),
        ("m-MXFP4_MOE.gguf", "MXFP4_MOE"),
        ("m-UD-IQ1_S.gguf", "UD-IQ1_S"),
        ("m-Q1_0.gguf", "Q1_0"),
        ("BF16/m.gguf", "BF16"),
        ("Q8_0/m-Q4_0.gguf", "Q4_0"),
        ("m.gguf", None),
    ],
)
def test_quantizations_are_read_off_names_and_folders(path: str, quantization: str | None) -> None:
    assert quantization_of(path) == quantization


def test_names_that_mean_nothing_break_nothing() -> None:
    odd = ["-.gguf", ".gguf", "a/.gguf", "mtp-.gguf", "_-_-_.gguf", "x" * 5000 + ".gguf", "mmproj.gguf", "README.md"]
    assert set(roles(odd)) == set(odd) - {"README.md"}
    choices(files(*odd))
    with pytest.raises(RequestError):
        choose(choices(files("mtp-x.gguf", "mmproj.gguf")), None)
