"""Icons: glyphs of a font, drawn in the colours of the look in force."""

import importlib.util
from functools import cache
from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtWidgets import QToolButton, QWidget

from studiolo.desktop.widgets.sizes import may_resize, sizes
from studiolo.desktop.widgets.theme import colours, may_recolour

_DISABLED_OPACITY = 0.35

# Names of Material Design Icons 6 and their code points in the font that qtawesome brings. Its own loader takes 0.2 s
# on the way to the first window, for nine fonts and their name tables; these are all the glyphs we draw.
GLYPHS = {
    "alert-circle-outline": 0xF05D6,
    "alert-outline": 0xF002A,
    "arrow-down": 0xF0045,
    "arrow-left": 0xF004D,
    "arrow-up": 0xF005D,
    "bell-outline": 0xF009C,
    "bookmark-outline": 0xF00C3,
    "brain": 0xF09D1,
    "check": 0xF012C,
    "code-json": 0xF0626,
    "check-circle-outline": 0xF05E1,
    "chevron-down": 0xF0140,
    "chevron-left": 0xF0141,
    "chevron-right": 0xF0142,
    "chevron-up": 0xF0143,
    "close": 0xF0156,
    "cog-outline": 0xF08BB,
    "compass-outline": 0xF018C,
    "content-copy": 0xF018F,
    "content-save-outline": 0xF0818,
    "cube-outline": 0xF01A7,
    "delete-outline": 0xF09E7,
    "dock-left": 0xF10AA,
    "dock-window": 0xF10AC,
    "dots-horizontal": 0xF01D8,
    "dots-vertical": 0xF01D9,
    "download-outline": 0xF0B8F,
    "eject-outline": 0xF0B91,
    "eye-outline": 0xF06D0,
    "file-document-outline": 0xF09EE,
    "fit-to-page-outline": 0xF0EF6,
    "folder-move-outline": 0xF1246,
    "folder-open-outline": 0xF0DCF,
    "folder-search-outline": 0xF0969,
    "harddisk": 0xF02CA,
    "image-broken-variant": 0xF02EE,
    "image-outline": 0xF0976,
    "information-outline": 0xF02FD,
    "keyboard-outline": 0xF097B,
    "link-variant": 0xF0339,
    "lock-outline": 0xF0341,
    "magnify": 0xF0349,
    "magnify-minus-outline": 0xF06EC,
    "magnify-plus-outline": 0xF06ED,
    "menu": 0xF035C,
    "message-outline": 0xF0365,
    "open-in-new": 0xF03CC,
    "paperclip": 0xF03E2,
    "palette-outline": 0xF0E0C,
    "pause": 0xF03E4,
    "pencil-outline": 0xF0CB6,
    "play": 0xF040A,
    "play-outline": 0xF0F1B,
    "plus": 0xF0415,
    "refresh": 0xF0450,
    "restore": 0xF099B,
    "scale-balance": 0xF05D1,
    "server": 0xF048B,
    "shield-check-outline": 0xF0CC8,
    "speedometer": 0xF04C5,
    "star-outline": 0xF04D2,
    "stop": 0xF04DB,
    "theme-light-dark": 0xF050E,
    "tune-variant": 0xF1542,
    "web": 0xF059F,
    "wrap": 0xF05B6,
    "wrench-outline": 0xF0BE0,
}
FONT_FILE = "materialdesignicons6-webfont-6.9.96.ttf"


@cache
def _icon_family() -> str:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("qtawesome, which brings the icons, is not installed")
    file = Path(spec.submodule_search_locations[0]) / "fonts" / FONT_FILE
    number = QFontDatabase.addApplicationFontFromData(file.read_bytes())
    if number < 0:
        raise FileNotFoundError(f"not a font: {file}")
    return QFontDatabase.applicationFontFamilies(number)[0]


def icon(name: str, colour: str, size: int = 18) -> QIcon:
    """Return the icon `name` in `colour` (#rrggbb), sharp on screens up to scale 3.

    size: logical pixels a side, where text has its usual size; icons grow with it.
    """
    size = sizes().scaled(size)
    result = QIcon()
    for scale in (1, 2, 3):
        for mode, opacity in ((QIcon.Mode.Normal, 1.0), (QIcon.Mode.Disabled, _DISABLED_OPACITY)):
            result.addPixmap(_drawn(name, colour, size, scale, opacity), mode)
    return result


def _drawn(name: str, colour: str, size: int, scale: int, opacity: float) -> QPixmap:
    """Kept by Qt, which lets go of it in time: a chat's row has seven icons, and drawing them was most of its cost."""
    key = f"studiolo-icon {name} {colour} {size} {scale} {opacity}"
    pixmap = QPixmap()
    if QPixmapCache.find(key, pixmap):
        return pixmap
    pixmap = QPixmap(QSize(size, size) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    font = QFont(_icon_family())
    font.setPixelSize(size * scale)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QRect(0, 0, size * scale, size * scale), Qt.AlignmentFlag.AlignCenter, chr(GLYPHS[name]))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    QPixmapCache.insert(key, pixmap)
    return pixmap


def icon_size(size: int) -> QSize:
    """Return how large an icon is that has so many logical pixels a side where text has its usual size."""
    return QSize(sizes().scaled(size), sizes().scaled(size))


class IconButton(QToolButton):
    """A button that is only an icon; its name goes to the tool tip and to screen readers."""

    def __init__(self, icon_name: str, name: str, parent: QWidget | None = None, *, size: int = 18) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon_pixels = size
        self._drawn_for = (colours(), sizes())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_icon(icon_name, name)

    def set_icon(self, icon_name: str, name: str) -> None:
        """Have another icon, and another name."""
        self._icon_name = icon_name
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._draw()

    def icon_colour(self) -> str:
        """Return the icon's colour, for the look in force."""
        return colours().muted

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if (may_recolour(event) or may_resize(event)) and self._drawn_for != (colours(), sizes()):
            self._draw()

    def _draw(self) -> None:
        self._drawn_for = (colours(), sizes())
        self.setIconSize(icon_size(self._icon_pixels))
        self.setIcon(icon(self._icon_name, self.icon_colour(), self._icon_pixels))
