"""A company's own certificate authority, and servers that it vouches for; made with openssl."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAME = "Corporate Inspection Root"


@dataclass(frozen=True)
class Authority:
    """`certificate`: of the authority, in PEM."""

    folder: Path
    certificate: Path

    def server_context(self, host: str) -> ssl.SSLContext:
        """What a server of that name speaks TLS with."""
        _openssl(
            self.folder,
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", f"{host}.key"),
            *("-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-out", f"{host}.pem"),
            *("-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=critical,CA:FALSE"),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{host}.pem", self.folder / f"{host}.key")
        return context


def make_authority(folder: Path) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificates with openssl")
    _openssl(
        folder,
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"),
        *("-keyout", "ca.key", "-out", "ca.pem"),
    )
    return Authority(folder, folder / "ca.pem")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
