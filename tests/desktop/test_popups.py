"""What a popup, a menu or a dialog leaves behind once it is closed: nothing."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.dialogs import show_error
from studiolo.desktop.widgets.popups import new_menu
from studiolo.errors import AppError
from tests.stands.waiting import until


def page_with_a_button(*, under: bool) -> tuple[QWidget, QPushButton]:
    """A button that takes the pointer to be on it. under: it is there."""
    page = QWidget()
    button = QPushButton("More", page)
    QVBoxLayout(page).addWidget(button)
    page.resize(300, 200)
    page.show()
    QCursor.setPos(button.mapToGlobal(button.rect().center()) if under else page.mapToGlobal(QPoint(1, 1)))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    return page, button


async def test_a_button_is_not_lit_after_its_menu_was_closed_elsewhere(qapp: QApplication) -> None:
    page, button = page_with_a_button(under=False)
    menu = new_menu(button)
    menu.addAction("One")
    menu.popup(page.mapToGlobal(QPoint(10, 10)))
    assert button.underMouse()
    menu.close()
    await until(lambda: not button.underMouse())
    page.close()
    page.deleteLater()


async def test_a_button_that_the_pointer_is_on_stays_lit(qapp: QApplication) -> None:
    page, button = page_with_a_button(under=True)
    other = QPushButton("Other", page)
    other.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    other.setGeometry(0, 0, 5, 5)
    menu = new_menu(button)
    menu.addAction("One")
    menu.popup(page.mapToGlobal(QPoint(10, 10)))
    menu.close()
    await until(lambda: not other.underMouse())
    assert button.underMouse()
    page.close()
    page.deleteLater()


async def test_a_button_is_not_lit_after_a_dialog_was_closed(qapp: QApplication) -> None:
    page, button = page_with_a_button(under=False)
    box = show_error(page, AppError("Something.", hint="Do."))
    assert isinstance(box, QMessageBox)
    box.close()
    await until(lambda: not button.underMouse())
    page.close()
    page.deleteLater()
