"""The proxies that a Linux desktop is set to: GNOME and its kin, and KDE. Elsewhere Python asks the system itself."""

import configparser
import os
import shutil
import subprocess
import sys
import threading
import time
from ast import literal_eval
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_GNOMES = ("gnome", "unity", "cinnamon", "budgie", "pantheon", "mate", "x-cinnamon")
_KEPT_SECONDS = 30.0
_ANSWER_SECONDS = 3.0
_SCHEMA = "org.gnome.system.proxy"
_MOST_BYTES = 2**16


@dataclass(frozen=True)
class DesktopProxies:
    """What the desktop says: addresses by scheme, hosts that are reached without, or a script in their place."""

    proxies: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[str, ...] = ()
    script: str = ""

    def of(self, scheme: str) -> str:
        """Return the proxy's address for a scheme; empty for none."""
        return dict(self.proxies).get(scheme, "")


NONE = DesktopProxies()
_lock = threading.Lock()
_kept: dict[str, tuple[float, DesktopProxies]] = {}


def desktop_proxies() -> DesktopProxies:
    """Return what the desktop of this session is set to, as of half a minute ago at most. Blocking."""
    if sys.platform != "linux":
        return NONE
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "").lower()
    with _lock:
        at, known = _kept.get(desktop, (0.0, NONE))
        if desktop not in _kept or time.monotonic() - at > _KEPT_SECONDS:
            known = _ask(desktop.split(":"))
            _kept[desktop] = (time.monotonic(), known)
    return known


def forget() -> None:
    """Ask the desktop anew the next time."""
    with _lock:
        _kept.clear()


def _ask(names: list[str]) -> DesktopProxies:
    if any(name in _GNOMES for name in names):
        return _of_gnome()
    return _of_kde() if "kde" in names else NONE


def _of_gnome() -> DesktopProxies:
    tool = shutil.which("gsettings")
    if tool is None:
        return NONE
    try:
        done = subprocess.run(
            [tool, "list-recursively", _SCHEMA], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return NONE
    found: dict[str, Any] = {}
    for line in done.stdout[:_MOST_BYTES].splitlines():
        schema, _, rest = line.partition(" ")
        name, _, value = rest.partition(" ")
        found[f"{schema.removeprefix(_SCHEMA)}.{name}".lstrip(".")] = _value(value)
    if found.get("mode") == "auto":
        return DesktopProxies(script=str(found.get("autoconfig-url") or ""))
    if found.get("mode") != "manual":
        return NONE
    ignored = found.get("ignore-hosts")
    proxies = [
        (scheme, f"http://{host}:{port}")
        for scheme in ("http", "https")
        if (host := found.get(f"{scheme}.host")) and (port := found.get(f"{scheme}.port"))
    ]
    return DesktopProxies(tuple(proxies), tuple(map(str, ignored)) if isinstance(ignored, list) else ())


def _value(text: str) -> Any:
    """Return a value of GVariant's text form, as far as it is one of Python's; lists may have a type before them."""
    try:
        return literal_eval(text.removeprefix("@as ").strip()[:_MOST_BYTES])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return {"true": True, "false": False}.get(text.strip())


def _of_kde() -> DesktopProxies:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with (folder / "kioslaverc").open(encoding="utf-8", errors="replace") as file:
            parser.read_string(file.read(_MOST_BYTES))
        section = dict(parser["Proxy Settings"])
    except (OSError, configparser.Error, KeyError):
        return NONE
    kind = section.get("proxytype", "0")
    if kind == "2":
        return DesktopProxies(script=section.get("proxy config script", ""))
    if kind != "1":
        return NONE
    # KDE writes a port behind a space.
    proxies = [
        (scheme, address.strip().replace(" ", ":"))
        for scheme in ("http", "https")
        if (address := section.get(f"{scheme}proxy", ""))
    ]
    exceptions = section.get("noproxyfor", "").replace(" ", ",").split(",")
    return DesktopProxies(tuple(proxies), tuple(filter(None, exceptions)))
