"""Builds dist/studiolo/: the frozen program, and the licences of what is in it. Prints what it weighs."""

import shutil
import subprocess
import sys
from pathlib import Path

from notices import gather  # type: ignore[import-not-found]  # Found beside this script when it runs, and only then.

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "dist" / "studiolo"
_LARGEST = 8


def main() -> int:
    if sys.platform != "win32" and not shutil.which("strip"):
        print("`strip` is missing: install binutils. Without it the program is twice as large.", file=sys.stderr)
        return 1
    folders = ["--distpath", str(BUNDLE.parent), "--workpath", str(ROOT / "build")]
    spec = str(ROOT / "packaging" / "studiolo.spec")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN", *folders, spec]
    if status := subprocess.call(command, cwd=ROOT):
        return status
    without = gather("studiolo", ROOT / "resources" / "licenses", BUNDLE / "licenses")
    if without:
        print(f"No licence text of their own: {', '.join(without)}")
    report()
    return 0


def report() -> None:
    """The bundle's size, and its largest files."""
    sizes = {file: file.stat().st_size for file in BUNDLE.rglob("*") if file.is_file() and not file.is_symlink()}
    print(f"{BUNDLE.relative_to(ROOT)}: {sum(sizes.values()) / 1e6:.0f} MB in {len(sizes)} files")
    for file in sorted(sizes, key=lambda file: sizes[file], reverse=True)[:_LARGEST]:
        print(f"{sizes[file] / 1e6:8.1f} MB  {file.relative_to(BUNDLE)}")


if __name__ == "__main__":
    sys.exit(main())
