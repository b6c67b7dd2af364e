"""One section of the dialog: its rows in cards, this desktop's apart from the server's, and its panels."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.settings.card import SettingCard
from studiolo.desktop.settings.fields import FieldKind, Owner, SettingField, setting_fields, setting_text
from studiolo.desktop.settings.row import SettingRow
from studiolo.desktop.settings.sections import PanelFactory, SettingsSection
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_OWNERS: tuple[Owner, ...] = ("desktop", "server")
_ICONS: dict[Owner, str] = {"desktop": "dock-window", "server": "server"}


def rows_of(section: str, owner: Owner) -> list[SettingField]:
    """Return the fields of one owner that a section has rows for."""
    fields = setting_fields(owner)
    return [field for field in fields if field.section == section and field.kind is not FieldKind.PANEL]


class SectionPage(QWidget):
    """The rows and panels of a section.

    Signals:
        retry_requested: Somebody wants the server to be asked again.
    """

    retry_requested = Signal()

    def __init__(
        self,
        section: SettingsSection,
        panels: Sequence[PanelFactory],
        parent: QWidget | None = None,
        *,
        above: Sequence[PanelFactory] = (),
    ) -> None:
        """above: What makes the panels that come before the rows."""
        super().__init__(parent)
        self.section = section
        self.heading = QLabel(setting_text(section.title), self)
        self.heading.setProperty("kind", "heading")
        self.heading.hide()
        self.blocks: dict[Owner, OwnerBlock] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.heading)
        self.panels = [factory(self) for factory in above]
        for panel in self.panels:
            layout.addWidget(panel)
            layout.addSpacing(12)
        for owner in _OWNERS:
            if fields := rows_of(section.id, owner):
                self.blocks[owner] = OwnerBlock(owner, section, fields, self)
                self.blocks[owner].retry_requested.connect(self.retry_requested)
                layout.addWidget(self.blocks[owner])
        for factory in panels:
            self.panels.append(factory(self))
            layout.addWidget(self.panels[-1])

    @property
    def rows(self) -> Iterator[SettingRow]:
        """Yield every row."""
        for block in self.blocks.values():
            yield from block.rows

    def show_found(self, words: Sequence[str]) -> int:
        """Show only what has all the words, with the section's name above; return how much that is.

        Without words everything is shown.
        """
        self.heading.setVisible(bool(words))
        whole = _has_all(setting_text(self.section.title), words)
        count = sum(block.show_found(words, whole=whole) for block in self.blocks.values())
        # The words say what panels are about, too, also where a row has them.
        described = whole or _has_all(setting_text(self.section.words), words)
        if described and not count:
            count = sum(block.show_found(words, whole=True) for block in self.blocks.values())
        for panel in self.panels:
            panel.setVisible(described)
        return count + (len(self.panels) if described else 0)


class OwnerBlock(Recoloured, QWidget):
    """The rows of a section that are of this desktop, or of the server.

    Signals:
        retry_requested: Somebody wants the server to be asked again.
    """

    retry_requested = Signal()

    def __init__(self, owner: Owner, section: SettingsSection, fields: Sequence[SettingField], parent: QWidget) -> None:
        """Make the rows for `fields`, those with the same group in one card, in the order that `section` says."""
        super().__init__(parent)
        self.owner = owner
        self._icon = QLabel(self)
        self.told = QLabel(self.tr("Settings of this desktop") if owner == "desktop" else "", self)
        self.told.setProperty("kind", "muted")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(self.told, 1)
        self.notice = ServerNotice(self)
        self.notice.hide()
        self.notice.retry.clicked.connect(self.retry_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.notice)
        groups = list(dict.fromkeys([*section.groups, *(field.group for field in fields)]))
        self._cards = [
            SettingCard(setting_text(group), members, self)
            for group in groups
            if (members := [field for field in fields if field.group == group])
        ]
        for card in self._cards:
            layout.addWidget(card)
        self._available = True
        self._words: tuple[Sequence[str], bool] = ((), True)
        self.dress()

    @property
    def rows(self) -> Iterator[SettingRow]:
        """Yield every row."""
        for card in self._cards:
            yield from card.rows

    def dress(self) -> None:
        self._icon.setPixmap(icon(_ICONS[self.owner], colours().muted, 16).pixmap(16, 16))

    def show_owner(self, text: str, notice: str = "", *, retry: str = "") -> None:
        """Say whose settings these are, and why they can't be seen now, if they can't."""
        self.told.setText(text)
        self.notice.show_text(notice, retry=retry)
        self._available = not notice
        self.show_found(*self._words[:1], whole=self._words[1])

    def show_known(self, names: frozenset[str]) -> None:
        """Leave out the rows of what the server does not know, which may be older."""
        for row in self.rows:
            row.known = names >= set(row.field.names)
        self.show_found(*self._words[:1], whole=self._words[1])

    def show_found(self, words: Sequence[str], *, whole: bool) -> int:
        """Show only the rows that have all the words, or all if it is the `whole` section; return how many."""
        self._words = (words, whole)
        count = 0
        for card in self._cards:
            shown = [row for row in card.rows if row.known and (whole or _has_all(row.searched, words))]
            card.show_rows(shown if self._available else [], headed=not words)
            count += len(shown)
        self.setVisible(bool(count))
        return count


class ServerNotice(QFrame):
    """Says in place of the server's settings why there are none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.retry = QPushButton(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.retry)

    def show_text(self, text: str, *, retry: str) -> None:
        """Say why; with an empty text there is nothing to be said. retry: the name of the button; empty for none."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.retry.setText(retry)
        self.retry.setVisible(bool(retry))
        self.setVisible(bool(text))


def _has_all(text: str, words: Sequence[str]) -> bool:
    """Return whether each word begins one of the text's, or is within one where it is long enough to mean it."""
    folded = text.casefold()
    begins = folded.replace("-", " ").replace("(", " ").split()
    return all(any(one.startswith(word) for one in begins) or (len(word) > 3 and word in folded) for word in words)
