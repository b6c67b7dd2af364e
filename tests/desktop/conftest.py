from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from tests.stalls import StallMonitor


@pytest.fixture
def stalls(qapp: QApplication) -> Callable[[], StallMonitor]:
    """`with stalls() as watch: …` measures how long the GUI thread is kept busy at a time."""
    return StallMonitor
