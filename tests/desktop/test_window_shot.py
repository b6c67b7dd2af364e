"""`make shot`: what the window looks like, for whoever changes it."""

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

ROOT = Path(__file__).parents[2]


def test_a_picture_is_of_the_page_in_the_scheme_and_at_the_scale_that_were_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "shots" / "downloads.png"
    options = ["--page", "downloads", "--scheme", "dark", "--scale", "2", "--file", str(file)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.stands.window_shot", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(file)
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == (2000, 1520)
    assert picture.pixelColor(1980, 1500).lightness() < 60
