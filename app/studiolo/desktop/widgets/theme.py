"""The look: Fusion with our own colours, light and dark, a few lines of QSS, and icons.

`setColorScheme` alone changes nothing on plain X11, so the palette is always set by hand. Widgets that paint ask
`colours()`; icons are remade when the palette changes.
"""

from dataclasses import dataclass, fields
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QStyleFactory, QWidget

from studiolo.desktop.widgets.sizes import Density, put_in_force, quoted, sizes, sizes_for
from studiolo.paths import resource_path

Scheme = Literal["light", "dark", "system"]

_FIELD_MARGIN = 8
_SEND, _JUMP, _JUMP_PADDING = 32, 18, 7
"""Pixels of what is round, where text has its usual size."""
_BOX, _BULLET = 15, 7
_SCALED = {"box": _BOX, "drop": 24, "arrow": 12}
_SPACED = {"row": 6, "list_row": 5}
"""Pixels above and below what a row holds, where there is room."""


@dataclass(frozen=True)
class Colours:
    """Every colour there is, as #rrggbb. `on_x` is text on a ground of x."""

    window: str
    side: str
    card: str
    bubble: str
    border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    link: str
    danger: str
    danger_card: str
    danger_border: str
    warning: str
    warning_card: str
    warning_border: str
    ok: str
    ok_card: str
    selection: str
    code_keyword: str
    code_name: str
    code_string: str
    code_number: str


LIGHT = Colours(
    window="#ffffff",
    side="#f5f6f8",
    card="#f6f7f9",
    bubble="#eef1fb",
    border="#e1e4ea",
    text="#1c1e23",
    muted="#646a76",
    accent="#3b5bdb",
    accent_hover="#3250c4",
    on_accent="#ffffff",
    link="#2f4fd0",
    danger="#b3261e",
    danger_card="#fdf3f2",
    danger_border="#f2d3d0",
    warning="#8a5000",
    warning_card="#fff3dc",
    warning_border="#b98421",
    ok="#176b37",
    ok_card="#e5f4ea",
    selection="#c9d5ff",
    code_keyword="#7b2fb0",
    code_name="#2546b8",
    code_string="#18731f",
    code_number="#a35200",
)
DARK = Colours(
    window="#16171b",
    side="#1c1d22",
    card="#22242a",
    bubble="#2a2f3d",
    border="#31343c",
    text="#e6e7ea",
    muted="#9a9ea8",
    accent="#6d8bff",
    accent_hover="#8099ff",
    on_accent="#101219",
    link="#8fa6ff",
    danger="#ff9a90",
    danger_card="#2c1f20",
    danger_border="#4d2f30",
    warning="#f0b65c",
    warning_card="#332817",
    warning_border="#94702f",
    ok="#7fd09a",
    ok_card="#1b2e22",
    selection="#3a4a86",
    code_keyword="#c79bf2",
    code_name="#8fa6ff",
    code_string="#8fce8a",
    code_number="#e8a96b",
)

_QSS = """
QToolTip {{ background: {card}; color: {text}; border: 1px solid {border}; padding: 4px 6px; }}
QMenu {{ background: {card}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: {row} 24px {row} 12px; border-radius: 6px; }}
QMenu::item:selected {{ background: {bubble}; color: {text}; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {border}; border-radius: 5px; min-height: 36px; }}
QScrollBar::handle:vertical:hover {{ background: {muted}; }}
QSplitter::handle {{ background: {border}; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {border}; border-radius: 5px; min-width: 36px; }}
QScrollBar::handle:horizontal:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QProgressBar {{ background: {border}; border: none; border-radius: 2px; max-height: 4px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QPushButton {{ background: {card}; border: 1px solid {border}; border-radius: 8px; padding: 6px 14px; }}
QPushButton:hover, QToolButton:hover {{ background: {bubble}; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus {{ border: 1px solid {accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {muted}; }}
QPushButton[kind="primary"] {{ background: {accent}; border-color: {accent}; color: {on_accent}; }}
QPushButton[kind="primary"]:hover {{ background: {accent_hover}; }}
QPushButton[kind="primary"]:disabled {{ background: {border}; border-color: {border}; color: {muted}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {text}; padding: 5px 13px; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 8px; padding: 4px; }}
QToolButton[kind="quiet"], QTextBrowser[kind="quiet"] {{ color: {muted}; }}
QToolButton[kind="failed"] {{ color: {danger}; }}
QPlainTextEdit {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 4px; }}
QPlainTextEdit:focus {{ border: 1px solid {accent}; }}
QFrame[kind="card"] QPlainTextEdit {{ border: none; background: transparent; padding: 0; }}
QLineEdit {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 6px 10px; }}
QLineEdit[kind="plain"], QLineEdit[kind="plain"]:focus {{ background: transparent; border: none; padding: 0; }}
QLineEdit[scale="heading"] {{ font-size: {heading}; }}
QListView[kind="plain"] {{ background: transparent; }}
QFrame[kind="card"] {{ background: {card}; border: 1px solid {border}; border-radius: 10px; }}
QFrame[kind="danger"] {{ background: {danger_card}; border: 1px solid {danger_border}; border-radius: 10px; }}
QFrame[kind="composer"] {{ background: {card}; border: 1px solid {border}; border-radius: 16px; }}
QFrame[kind="composer"] QTextEdit {{ background: transparent; }}
QFrame[kind="popup"] {{ background: {window}; border: 1px solid {border}; }}
QFrame[kind="choice"] {{ border: 1px solid transparent; border-radius: 8px; }}
QFrame[kind="choice"][chosen="true"] {{ background: {card}; }}
QFrame[kind="choice"]:hover {{ background: {bubble}; }}
QFrame[kind="choice"]:focus {{ border-color: {accent}; }}
QToolButton[kind="send"] {{ background: {accent}; border: none; border-radius: {send}; padding: 0; }}
QToolButton[kind="send"]:hover {{ background: {accent_hover}; }}
QToolButton[kind="send"]:focus {{ border: 2px solid {text}; }}
QToolButton[kind="send"]:disabled {{ background: {border}; }}
QToolButton[kind="jump"] {{ background: {window}; border: 1px solid {border}; border-radius: {jump}; padding: 7px; }}
QToolButton[kind="jump"]:focus {{ border-color: {accent}; }}
QFrame[kind="chip"] {{ background: {window}; border: 1px solid {border}; border-radius: 8px; }}
QFrame[kind="chip"]:focus {{ border-color: {accent}; }}
QToolButton[kind="chip"] {{ background: {window}; border: 1px solid {border}; border-radius: 8px; }}
QToolButton[kind="chip"] {{ padding: 6px 10px; }}
QPushButton[kind="page"] {{ padding: {row} 8px; text-align: left; background: transparent; }}
QPushButton[kind="page"] {{ border-color: transparent; }}
QPushButton[kind="page"]:focus {{ border-color: {accent}; }}
QPushButton[kind="page"]:hover, QPushButton[kind="page"]:checked {{ background: {bubble}; }}
QToolButton[kind="chip"]:focus {{ border-color: {accent}; }}
QListWidget[kind="popup"] {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 2px; }}
QListWidget[kind="popup"]::item {{ padding: {row} 8px; border-radius: 6px; }}
QListWidget[kind="popup"]::item:selected {{ background: {bubble}; color: {text}; }}
QListWidget::item {{ padding: {list_row} 6px; }}
QListWidget {{ border: 1px solid {border}; border-radius: 8px; }}
QAbstractSpinBox {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 4px 8px; }}
QComboBox {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 4px 8px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}
QAbstractSpinBox:focus, QComboBox:focus {{ border: 1px solid {accent}; }}
QComboBox::drop-down {{ border: none; width: {drop}; }}
QComboBox::down-arrow {{ image: url("{chevron}"); width: {arrow}; height: {arrow}; }}
QCheckBox::indicator {{ width: {box}; height: {box}; border: 1px solid {muted}; border-radius: 4px; }}
QCheckBox::indicator {{ background: {window}; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{tick}"); }}
QTreeView::indicator {{ width: {box}; height: {box}; border: 1px solid {muted}; border-radius: 4px; }}
QTreeView::indicator {{ background: {window}; }}
QTreeView::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{tick}"); }}
QTreeView::indicator:indeterminate {{ background: {accent}; border-color: {accent}; image: url("{dash}"); }}
QTreeView::indicator:disabled {{ border-color: {border}; }}
QCheckBox::indicator:disabled {{ border-color: {border}; }}
QCheckBox::indicator:focus {{ border: 2px solid {accent}; width: {box_focused}; height: {box_focused}; }}
QRadioButton::indicator {{ width: {box}; height: {box}; border: 1px solid {muted}; border-radius: {radio}; }}
QRadioButton::indicator {{ background: {window}; }}
QRadioButton::indicator:checked {{ width: {bullet}; height: {bullet}; border: {bullet_edge} solid {accent}; }}
QRadioButton::indicator:focus {{ border-color: {text}; }}
QRadioButton {{ spacing: 7px; padding: 2px 8px 2px 0; }}
QCheckBox {{ spacing: 7px; padding: 2px 0; }}
QLabel[kind="title"] {{ font-size: {title}; }}
QLabel[scale="small"], QPushButton[scale="small"] {{ font-size: {small}; }}
QLabel[scale="caption"] {{ font-size: {caption}; }}
QLabel[scale="display"] {{ font-size: {display}; }}
*[code="true"] {{ font-family: {code_family}; font-size: {code}; }}
QTreeView {{ border: none; background: {window}; alternate-background-color: {card}; }}
QTreeView::item {{ padding: {row} 4px; border: none; }}
QTreeView::item:selected {{ background: {bubble}; color: {text}; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none; border-bottom: 1px solid {border}; }}
QHeaderView::section {{ padding: {row} 6px; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-position: top center; width: 9px; height: 6px; }}
QTabBar[kind="views"]::tab {{ color: {muted}; background: transparent; border: none; }}
QTabBar[kind="views"]::tab {{ padding: 6px 2px 7px 2px; margin: 0 18px 0 0; border-bottom: 2px solid transparent; }}
QTabBar[kind="views"]::tab:hover {{ color: {text}; }}
QTabBar[kind="views"]::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar[kind="views"]::tab:selected:focus {{ color: {link}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QFrame[kind="line"] {{ background: {border}; border: none; max-height: 1px; min-height: 1px; }}
QLabel[scale="small"], QLabel[scale="caption"] {{ font-size: {small}; }}
QLabel[scale="display"] {{ font-size: 18pt; }}
QLabel[kind="muted"] {{ color: {muted}; }}
QLabel[kind="help"] {{ color: {muted}; font-size: {small}; }}
QLabel[kind="error"] {{ color: {danger}; }}
QLabel[kind="warning"] {{ color: {warning}; }}
QLabel[kind="heading"] {{ font-weight: 600; }}
QLabel[kind="address"] {{ background: {window}; border: 1px solid {border}; border-radius: 8px; padding: 6px 10px; }}
QLabel[badge="true"] {{ border-radius: 4px; padding: 1px 6px; font-size: {caption}; }}
QLabel[kind="badge-plain"] {{ background: {bubble}; color: {muted}; }}
QLabel[kind="badge-ok"] {{ background: {ok_card}; color: {ok}; }}
QLabel[kind="badge-warning"] {{ background: {warning_card}; color: {warning}; }}
QLabel[kind="badge-danger"] {{ background: {danger_card}; color: {danger}; }}
QFrame[kind="ask"] {{ border: 1px solid transparent; border-radius: 8px; background: transparent; }}
QFrame[kind="ask"]:focus {{ border-color: {accent}; }}
QPushButton[kind="flat"] {{ background: transparent; border-color: transparent; }}
QPushButton[kind="flat"]:hover {{ background: {bubble}; }}
QPushButton[kind="name"] {{ background: transparent; border: 1px solid transparent; border-radius: 4px; }}
QPushButton[kind="name"] {{ padding: 0 2px; margin-left: -3px; text-align: left; color: {text}; }}
QPushButton[kind="name"]:hover {{ color: {link}; }}
QPushButton[kind="name"]:focus {{ border-color: {accent}; }}
QFrame[kind="upright"] {{ background: {border}; border: none; }}
QFrame[kind="attention"] {{ background: {warning_card}; border: 1px solid {warning_border}; border-radius: 10px; }}
QListWidget[kind="servers"] {{ border: none; background: {window}; }}
QPushButton[kind="flat"]:focus {{ border-color: {accent}; }}
"""


def colours() -> Colours:
    """Return those in force."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def may_recolour(event: QEvent) -> bool:
    """Return whether a widget is told that the colours may be others.

    Windows hear of it otherwise than what is in them.
    """
    return event.type() in (QEvent.Type.ApplicationPaletteChange, QEvent.Type.PaletteChange)


def set_kind(widget: QWidget, kind: str) -> None:
    """Let the style sheet dress it as another kind than before."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def keep_margins(box: QAbstractSpinBox) -> None:
    """Let its text keep the distance from the border that it has in other fields."""
    # A style sheet does not reach the margins of a field inside a field.
    box.lineEdit().setTextMargins(_FIELD_MARGIN, 0, _FIELD_MARGIN, 0)


def apply(
    app: QApplication,
    scheme: Scheme = "system",
    *,
    text_size: int = 100,
    density: Density = "comfortable",
    code_font: str = "",
) -> None:
    """Dress the application.

    Args:
        app: Its windows look otherwise at once.
        scheme: With "system" it follows the desktop's, wherever Qt can tell it.
        text_size: In percent.
        density: Of the rows of lists and tables, and of messages.
        code_font: A family; empty for the desktop's own.
    """
    follower = app.findChild(_Follower, options=Qt.FindChildOption.FindDirectChildrenOnly) or _Follower(app)
    follower.size(text_size, density, code_font)
    follower.follow(scheme)


class _Follower(QObject):
    """Holds the chosen scheme and puts on the colours again when the desktop changes its mind."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._scheme: Scheme = "system"
        app.setStyle(QStyleFactory.create("Fusion"))
        self._platform = app.font()
        app.styleHints().colorSchemeChanged.connect(self._refresh)

    def size(self, text_size: int, density: Density, code_font: str) -> None:
        """Take on sizes; they are seen once the colours are put on."""
        put_in_force(sizes_for(self._platform, text_size=text_size, density=density, code_font=code_font))
        font = self._app.font()
        font.setPointSizeF(sizes().body)
        self._app.setFont(font)

    def follow(self, scheme: Scheme) -> None:
        """Put on the colours of a scheme."""
        self._scheme = scheme
        hints = self._app.styleHints()
        if scheme == "system":
            hints.unsetColorScheme()
        else:
            # For what is not ours to paint: title bars and native dialogs.
            hints.setColorScheme(Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
        self._refresh()

    def _refresh(self) -> None:
        dark = self._scheme == "dark" or (
            self._scheme == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        chosen = DARK if dark else LIGHT
        # A style sheet in the place of another lets Qt tell each widget time and again: it takes several times as long.
        self._app.setStyleSheet("")
        self._app.setPalette(_palette(chosen))
        values = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
        for name in ("tick", "dash", "chevron"):
            values[name] = resource_path(f"{name}_{'dark' if dark else 'light'}.svg").as_posix()
        self._app.setStyleSheet(_QSS.format(**values, **_measures()))


def _measures() -> dict[str, str]:
    """Return what the style sheet says of sizes."""
    measures = sizes()
    values = {
        kind: f"{measures.points(kind):.2f}pt" for kind in ("caption", "small", "heading", "title", "display", "code")
    }
    values["code_family"] = quoted(measures.code_family)
    values |= {name: f"{measures.spaced(pixels)}px" for name, pixels in _SPACED.items()}
    values |= {name: f"{measures.scaled(pixels)}px" for name, pixels in _SCALED.items()}
    values["send"] = f"{measures.scaled(_SEND) // 2}px"
    values["jump"] = f"{measures.scaled(_JUMP) // 2 + _JUMP_PADDING + 1}px"
    box, bullet = measures.scaled(_BOX), measures.scaled(_BULLET)
    edge = max(1, (box + 2 - bullet) // 2)
    values |= {"box_focused": f"{box - 2}px", "radio": f"{box // 2 + 1}px"}
    values |= {"bullet": f"{box + 2 - 2 * edge}px", "bullet_edge": f"{edge}px"}
    return values


def _palette(chosen: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for key, value in {
        role.Window: chosen.window,
        role.Base: chosen.window,
        role.AlternateBase: chosen.card,
        role.Button: chosen.card,
        role.ToolTipBase: chosen.card,
        role.WindowText: chosen.text,
        role.Text: chosen.text,
        role.ButtonText: chosen.text,
        role.ToolTipText: chosen.text,
        role.PlaceholderText: chosen.muted,
        role.Highlight: chosen.selection,
        role.HighlightedText: chosen.text,
        role.Accent: chosen.accent,
        role.Link: chosen.link,
        role.LinkVisited: chosen.link,
        role.Mid: chosen.border,
        role.Light: chosen.card,
        role.Dark: chosen.border,
    }.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(chosen.muted))
    return palette
