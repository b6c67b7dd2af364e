"""The runtimes with large text in a narrow window: everything can be reached."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QScrollArea

from studiolo.api.runtimes import RuntimeInfo, RuntimeList
from studiolo.desktop.runtimes.state import RuntimesState
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.desktop.widgets import theme

_RUNTIMES = [
    RuntimeInfo(id="bundled", name="Bundled", state="ready", backend="cpu", in_use=True, fits=True),
    RuntimeInfo(id="cuda", name="llama.cpp b11429 (CUDA 12)", state="failed", backend="cuda12", fits=True),
    RuntimeInfo(
        id="cpu", name="llama.cpp b11429 (CPU, all variants)", state="installed", backend="cpu", fits=True, offered=True
    ),
]


@pytest.mark.parametrize("text_size", [100, 200])
def test_every_button_is_within_the_view(qapp: QApplication, text_size: int) -> None:
    theme.apply(qapp, "light", text_size=text_size)
    view = RuntimesView()
    try:
        view.resize(650, 560)
        view.show_state(RuntimesState(known=RuntimeList(runtimes=_RUNTIMES)))
        view.show()
        qapp.processEvents()
        area = view.findChild(QScrollArea)
        assert area is not None
        inside = area.widget()
        assert inside is not None
        assert inside.width() <= area.viewport().width()
        for row in view.rows.values():
            for button in (*row.buttons.values(), row.remove):
                right = button.mapTo(inside, QPoint(button.width(), 0)).x()
                assert button.isHidden() or right <= area.viewport().width(), (row.name.text(), button.text())
    finally:
        view.close()
        view.deleteLater()
        theme.apply(qapp, "light")
