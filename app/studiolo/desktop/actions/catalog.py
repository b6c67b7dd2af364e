"""The list of what the window can do. The pages are added by the window, which knows them.

An action that nobody runs yet, as before the first connection, is neither listed nor has it a shortcut.
"""

from PySide6.QtCore import QT_TRANSLATE_NOOP

from studiolo.desktop.actions.action import Action

NEW_CHAT, SEARCH_CHATS, WRITE, CHAT_SETTINGS = "new_chat", "search", "write", "chat_settings"
CHOOSE_MODEL, ATTACH_FILES, STOP_REPLY = "choose_model", "attach_files", "stop_reply"
IMPORT_CHATS, IMPORT_FOLDER, TRASH = "import_chats", "import_folder", "trash"
BACK_UP, RESTORE_BACKUP, DAILY_BACKUPS = "back_up", "restore_backup", "daily_backups"
SIDEBAR, FIND, FIND_NEXT, FIND_PREVIOUS = "sidebar", "find", "find_next", "find_previous"
LARGER_TEXT, SMALLER_TEXT, USUAL_TEXT = "larger_text", "smaller_text", "usual_text"
LIGHT_THEME, DARK_THEME, SYSTEM_THEME = "light_theme", "dark_theme", "system_theme"
ADD_SERVER, MANAGE_SERVERS, COPY_ADDRESS = "add_server", "manage_servers", "copy_address"
START_SERVER, STOP_SERVER, OPEN_RUNTIMES = "start_server", "stop_server", "runtimes"
PALETTE, SETTINGS, SHORTCUTS, ABOUT, UNDO, QUIT = "palette", "settings", "shortcuts", "about", "undo", "quit"
OPEN_DATA, OPEN_LOGS = "open_data", "open_logs"
COPY_MESSAGE, EDIT_MESSAGE, ANSWER_AGAIN = "copy_message", "edit_message", "answer_again"
PREVIOUS_VERSION, NEXT_VERSION = "previous_version", "next_version"
MESSAGE_DETAILS, DELETE_MESSAGE = "message_details", "delete_message"

_CHATS = (
    Action(NEW_CHAT, QT_TRANSLATE_NOOP("Actions", "New chat"), "chats", "Ctrl+N", icon="plus"),
    Action(SEARCH_CHATS, QT_TRANSLATE_NOOP("Actions", "Search chats"), "chats", "Ctrl+Shift+F", icon="magnify"),
    Action(WRITE, QT_TRANSLATE_NOOP("Actions", "Write a message"), "chats", "Ctrl+L", icon="pencil-outline"),
    Action(ATTACH_FILES, QT_TRANSLATE_NOOP("Actions", "Attach files…"), "chats", "Ctrl+O", icon="paperclip"),
    Action(CHOOSE_MODEL, QT_TRANSLATE_NOOP("Actions", "Choose a model"), "chats", "Ctrl+Shift+M", icon="cube-outline"),
    Action(
        CHAT_SETTINGS,
        QT_TRANSLATE_NOOP("Actions", "Settings of this chat"),
        "chats",
        "Ctrl+Shift+S",
        icon="tune-variant",
        words=QT_TRANSLATE_NOOP("Actions", "system prompt temperature sampling presets"),
    ),
    Action(STOP_REPLY, QT_TRANSLATE_NOOP("Actions", "Stop the reply"), "chats", "Esc", icon="stop", fixed=True),
    Action(IMPORT_CHATS, QT_TRANSLATE_NOOP("Actions", "Import chats…"), "chats", icon="file-document-outline"),
    Action(
        IMPORT_FOLDER, QT_TRANSLATE_NOOP("Actions", "Import a folder of chats…"), "chats", icon="folder-open-outline"
    ),
    Action(BACK_UP, QT_TRANSLATE_NOOP("Actions", "Back up everything…"), "chats", icon="content-save-outline"),
    Action(RESTORE_BACKUP, QT_TRANSLATE_NOOP("Actions", "Restore a backup…"), "chats", icon="restore"),
    Action(DAILY_BACKUPS, QT_TRANSLATE_NOOP("Actions", "Daily backups…"), "chats", icon="content-save-outline"),
    Action(TRASH, QT_TRANSLATE_NOOP("Actions", "Trash…"), "chats", icon="delete-outline"),
)
_MESSAGE = (
    Action(COPY_MESSAGE, QT_TRANSLATE_NOOP("Actions", "Copy the message"), "message", "Ctrl+Shift+C", fixed=True),
    Action(EDIT_MESSAGE, QT_TRANSLATE_NOOP("Actions", "Edit the message"), "message", "F2", fixed=True),
    Action(ANSWER_AGAIN, QT_TRANSLATE_NOOP("Actions", "Answer again"), "message", "Ctrl+R", fixed=True),
    Action(PREVIOUS_VERSION, QT_TRANSLATE_NOOP("Actions", "Previous version"), "message", "Alt+Left", fixed=True),
    Action(NEXT_VERSION, QT_TRANSLATE_NOOP("Actions", "Next version"), "message", "Alt+Right", fixed=True),
    Action(MESSAGE_DETAILS, QT_TRANSLATE_NOOP("Actions", "Details of the reply"), "message", "Alt+Return", fixed=True),
    Action(DELETE_MESSAGE, QT_TRANSLATE_NOOP("Actions", "Delete from here on"), "message", "Del", fixed=True),
)
"""What a message takes itself while the focus is in it: these keys are no shortcuts of the window."""
_VIEW = (
    Action(
        SIDEBAR,
        QT_TRANSLATE_NOOP("Actions", "Show or hide the chats"),
        "view",
        "Ctrl+B",
        icon="dock-left",
        words=QT_TRANSLATE_NOOP("Actions", "sidebar list"),
    ),
    Action(FIND, QT_TRANSLATE_NOOP("Actions", "Find on this page"), "view", "Ctrl+F", icon="magnify"),
    Action(
        FIND_NEXT,
        QT_TRANSLATE_NOOP("Actions", "Next place found"),
        "view",
        "F3",
        mac_keys="Ctrl+G",
        icon="arrow-down",
    ),
    Action(
        FIND_PREVIOUS,
        QT_TRANSLATE_NOOP("Actions", "Previous place found"),
        "view",
        "Shift+F3",
        mac_keys="Ctrl+Shift+G",
        icon="arrow-up",
    ),
    Action(
        LARGER_TEXT,
        QT_TRANSLATE_NOOP("Actions", "Larger text"),
        "view",
        "Ctrl++",
        more_keys=("Ctrl+=",),
        icon="magnify-plus-outline",
        over_dialogs=True,
    ),
    Action(
        SMALLER_TEXT,
        QT_TRANSLATE_NOOP("Actions", "Smaller text"),
        "view",
        "Ctrl+-",
        icon="magnify-minus-outline",
        over_dialogs=True,
    ),
    Action(
        USUAL_TEXT,
        QT_TRANSLATE_NOOP("Actions", "Text in its usual size"),
        "view",
        "Ctrl+0",
        icon="restore",
        over_dialogs=True,
    ),
    Action(LIGHT_THEME, QT_TRANSLATE_NOOP("Actions", "Use the light theme"), "view", icon="theme-light-dark"),
    Action(DARK_THEME, QT_TRANSLATE_NOOP("Actions", "Use the dark theme"), "view", icon="theme-light-dark"),
    Action(SYSTEM_THEME, QT_TRANSLATE_NOOP("Actions", "Use the system's theme"), "view", icon="theme-light-dark"),
)
_SERVER = (
    Action(ADD_SERVER, QT_TRANSLATE_NOOP("Actions", "Add a server…"), "server", icon="plus"),
    Action(MANAGE_SERVERS, QT_TRANSLATE_NOOP("Actions", "Manage servers…"), "server", icon="server"),
    Action(COPY_ADDRESS, QT_TRANSLATE_NOOP("Actions", "Copy the server's address"), "server", icon="content-copy"),
    Action(
        START_SERVER, QT_TRANSLATE_NOOP("Actions", "Start the server of this computer"), "server", icon="play-outline"
    ),
    Action(STOP_SERVER, QT_TRANSLATE_NOOP("Actions", "Stop the server of this computer"), "server", icon="stop"),
    Action(
        OPEN_RUNTIMES,
        QT_TRANSLATE_NOOP("Actions", "Runtimes"),
        "server",
        icon="speedometer",
        words=QT_TRANSLATE_NOOP("Actions", "graphics card GPU CUDA Vulkan ROCm Metal llama.cpp engine backend"),
    ),
)
_APPLICATION = (
    Action(
        PALETTE,
        QT_TRANSLATE_NOOP("Actions", "Find anything"),
        "application",
        "Ctrl+K",
        icon="magnify",
        listed=False,
    ),
    Action(SETTINGS, QT_TRANSLATE_NOOP("Actions", "Settings"), "application", "Ctrl+,", icon="cog-outline"),
    Action(
        SHORTCUTS,
        QT_TRANSLATE_NOOP("Actions", "Keyboard shortcuts"),
        "application",
        "Ctrl+/",
        icon="keyboard-outline",
        words=QT_TRANSLATE_NOOP("Actions", "keys help"),
    ),
    Action(UNDO, QT_TRANSLATE_NOOP("Actions", "Undo"), "application", "Ctrl+Z", icon="restore"),
    Action(OPEN_DATA, QT_TRANSLATE_NOOP("Actions", "Open the data folder"), "application", icon="folder-open-outline"),
    Action(OPEN_LOGS, QT_TRANSLATE_NOOP("Actions", "Open the log folder"), "application", icon="folder-open-outline"),
    Action(
        ABOUT,
        QT_TRANSLATE_NOOP("Actions", "About Studiolo"),
        "application",
        icon="information-outline",
        words=QT_TRANSLATE_NOOP("Actions", "version licences crash report"),
    ),
    Action(QUIT, QT_TRANSLATE_NOOP("Actions", "Quit"), "application", "Ctrl+Q", icon="close", over_dialogs=True),
)

ACTIONS: tuple[Action, ...] = (*_CHATS, *_MESSAGE, *_VIEW, *_SERVER, *_APPLICATION)

_KEYS = {action.id: action.default_keys for action in _MESSAGE}


def message_keys(action: str) -> str:
    """Return the keys that a message takes for an action of its own."""
    return _KEYS[action]
