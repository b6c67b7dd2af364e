"""What a person can have done with downloads."""

from enum import Enum, auto


class DownloadAction(Enum):
    """This is done with the downloads that are chosen on the page, or with that of a menu in the tray."""

    PAUSE = auto()
    RESUME = auto()
    RETRY = auto()
    MOVE_UP = auto()
    MOVE_DOWN = auto()
    OPEN_FOLDER = auto()
    COPY_LINK = auto()
    START_CHAT = auto()
    CANCEL = auto()
    FORGET = auto()
