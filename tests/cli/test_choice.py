import pytest

from studiolo.api.models import EmbeddingEntry, LlmEntry, LlmInstance
from studiolo.cli.choice import choose_model
from studiolo.errors import NotFoundError, RequestError

ONE = LlmEntry(key="a/one")
TWO = LlmEntry(key="b/two")
LOADED = LlmEntry(key="c/three", loaded_instances=[LlmInstance(id="c/three:2")])
BROKEN = LlmEntry(key="d/broken", error="cut short")
EMBEDDING = EmbeddingEntry(key="e/embedding")


def test_the_loaded_one_first() -> None:
    assert choose_model([ONE, TWO, LOADED], ask=False) == "c/three:2"


def test_the_only_usable_one() -> None:
    assert choose_model([EMBEDDING, BROKEN, ONE], ask=False) == "a/one"


def test_several_are_named() -> None:
    with pytest.raises(RequestError) as caught:
        choose_model([ONE, TWO, BROKEN], ask=False)
    assert "a/one, b/two" in caught.value.hint
    assert "d/broken" not in caught.value.hint


def test_none_says_how_to_get_one() -> None:
    with pytest.raises(NotFoundError) as caught:
        choose_model([BROKEN, EMBEDDING], ask=True)
    assert "studiolo get" in caught.value.hint
