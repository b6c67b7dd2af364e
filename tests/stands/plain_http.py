"""Clients for servers on this machine, without encryption."""

from typing import Any

import httpx

from tests.stands.waiting import LIMIT_SECONDS


def http_client(address: str, **options: Any) -> httpx.AsyncClient:
    """A client of httpx whose requests go to `address`; the options are httpx's.

    It is spared the world's certificates, which it has no use for: they take 25 ms to read, and most tests have one.
    """
    return httpx.AsyncClient(base_url=address, verify=False, **({"timeout": LIMIT_SECONDS} | options))


def plain_get(url: str, **options: Any) -> httpx.Response:
    """Get `url` as `httpx.get` does, without the certificates: for what is asked again and again."""
    return httpx.get(url, verify=False, **({"timeout": LIMIT_SECONDS} | options))
