"""Models of other machines on the page of models: nothing of theirs is in this machine's memory."""

from studiolo.api.models import REMOTE, LlmConfig, LlmEntry, LlmInstance
from studiolo.desktop.models.instances import instances_of


def test_only_what_is_here_can_be_unloaded() -> None:
    here = LlmEntry(key="a", loaded_instances=[LlmInstance(id="a", config=LlmConfig(context_length=1))])
    there = LlmEntry(key="b", origin=REMOTE, loaded_instances=[LlmInstance(id="b", config=LlmConfig(context_length=1))])
    assert [one.id for one in instances_of([here, there])] == ["a"]
