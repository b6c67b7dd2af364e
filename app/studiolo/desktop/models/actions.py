"""What a person can have done with models."""

from enum import Enum, auto


class ModelAction(Enum):
    """This is done with the models that are chosen on the page."""

    START_CHAT = auto()
    LOAD = auto()
    UNLOAD = auto()
    SHOW_DETAILS = auto()
    VERIFY = auto()
    MOVE = auto()
    OPEN_FOLDER = auto()
    DELETE = auto()


LOADING = frozenset({ModelAction.START_CHAT, ModelAction.LOAD, ModelAction.UNLOAD})
"""What every server can do."""
MANAGING = frozenset(ModelAction) - LOADING
"""What a server does that has the capability `manage_models`."""
