"""`make shot`: what the window looks like, for whoever changes it."""

import os
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


def test_pictures_of_a_page_are_wide_and_narrow_light_and_dark(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.stands.window_shots", "--state", "new", "--only", "tools", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    widths = {file.stem: QImage(str(file)).width() for file in tmp_path.glob("new_tools_en_1x_*_*.png")}
    assert sorted(widths.values()) == [900, 900, 1280, 1280, 1920, 1920]
    assert done.stdout.split() == [str(tmp_path / "new_tools_en_1x.png")]
    assert "unexpected" not in done.stderr


_LANGUAGE = """
from tests.stands.window_shot import set_environment
set_environment("fr", 1)
from PySide6.QtCore import QLocale
print(QLocale().uiLanguages()[0])
"""


def test_the_language_that_was_asked_for_goes_before_that_of_the_machine() -> None:
    machine = os.environ | {"LANGUAGE": "de", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", _LANGUAGE], cwd=ROOT, env=machine, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("fr")
