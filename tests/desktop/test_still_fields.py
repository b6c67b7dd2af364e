"""Scrolling past a field changes nothing: neither a setting, nor what a tool may do."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

import studiolo.desktop
from studiolo.api.mcp import ToolInfo
from studiolo.desktop.mcp.tool_rows import ToolRows
from studiolo.desktop.widgets.still_fields import StillDoubleSpinBox, StillSlider, StillSpinBox


def scroll(widget: QWidget) -> bool:
    """Turn the wheel over a widget; whether it kept that for itself."""
    at = QPoint(5, 5)
    event = QWheelEvent(
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_what_a_tool_may_do_is_not_changed_by_the_wheel(qapp: QApplication) -> None:
    page = QWidget()
    rows = ToolRows(page)
    rows.show_tools([ToolInfo(name="add"), ToolInfo(name="wipe", policy="deny")])
    decided: list[object] = []
    rows.decided.connect(lambda *what: decided.append(what))
    rows.all_decided.connect(decided.append)
    for box in (*(row.policy for row in rows.rows.values()), rows.all):
        scroll(box)
    assert decided == []
    assert [row.policy.currentData() for row in rows.rows.values()] == ["ask", "deny"]
    page.deleteLater()


@pytest.mark.parametrize("kind", [StillSpinBox, StillDoubleSpinBox, StillSlider])
def test_a_number_keeps_still_and_the_page_behind_it_scrolls(
    qapp: QApplication, kind: type[StillSpinBox | StillDoubleSpinBox | StillSlider]
) -> None:
    box = kind()
    box.setValue(5)
    assert not scroll(box)
    assert box.value() == 5
    assert not box.focusPolicy() & Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus
    box.deleteLater()


def test_the_window_has_no_other_fields_of_these_kinds() -> None:
    found = [
        file.name
        for file in Path(studiolo.desktop.__path__[0]).rglob("*.py")
        if re.search(r"= (QComboBox|QSpinBox|QDoubleSpinBox|QSlider|QDial)\(", file.read_text(encoding="utf-8"))
    ]
    assert found == []
