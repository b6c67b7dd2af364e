"""What a person decides about the network, as both processes have it in their settings."""

from dataclasses import dataclass, field
from typing import Protocol

from studiolo.api.network import ProxyMode


class HasNetworkSettings(Protocol):
    """The settings of the window and those of a server have these fields by the same names."""

    @property
    def proxy_mode(self) -> ProxyMode:
        """Return whose proxies are used."""

    @property
    def proxy_address(self) -> str:
        """Return the address of the proxy, `http://host:port`."""

    @property
    def proxy_user(self) -> str:
        """Return the name that the proxy asks for; empty for none."""

    @property
    def proxy_exceptions(self) -> list[str]:
        """Return the hosts that are reached without the proxy."""

    @property
    def proxy_script(self) -> str:
        """Return the address or the path of a PAC file."""

    @property
    def extra_certificates(self) -> str:
        """Return the path of a PEM file; empty for none."""

    @property
    def offline(self) -> bool:
        """Return whether nothing may leave."""


@dataclass(frozen=True)
class NetworkChoice:
    """What is in force. Without anything chosen the system says which proxy is used."""

    proxy_mode: ProxyMode = "system"
    proxy_address: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    proxy_exceptions: tuple[str, ...] = ()
    proxy_script: str = ""
    extra_certificates: str = ""
    offline: bool = False


def choice_of(settings: HasNetworkSettings, password: str = "") -> NetworkChoice:
    """Return what the settings of either process say. password: the proxy's."""
    return NetworkChoice(
        settings.proxy_mode,
        settings.proxy_address,
        settings.proxy_user,
        password,
        tuple(settings.proxy_exceptions),
        settings.proxy_script,
        settings.extra_certificates,
        settings.offline,
    )
