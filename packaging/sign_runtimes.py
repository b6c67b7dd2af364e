"""Sign the list of runtimes, or make a key for that: `python packaging/sign_runtimes.py [--new-key] [FILE]`.

The private key, 32 bytes in base64, is read from STUDIOLO_RUNTIMES_KEY and written nowhere. The signature goes beside
the list, as `<list>.sig`; where the public key in resources/ is that of another one, nothing is signed.
docs/runtimes.md says when to do what.
"""

import argparse
import base64
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE = "STUDIOLO_RUNTIMES_KEY"
_RESOURCES = Path(__file__).resolve().parents[1] / "resources"


def public_key_of(private: str) -> str:
    return base64.b64encode(_read(private).public_key().public_bytes_raw()).decode()


def new_key() -> str:
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def sign(content: bytes, private: str) -> str:
    return base64.b64encode(_read(private).sign(content)).decode()


def _read(private: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private.strip(), validate=True))


def main() -> int:
    parser = argparse.ArgumentParser(description="Sign the list of runtimes.")
    parser.add_argument("file", nargs="?", type=Path, default=_RESOURCES / "runtimes.json")
    parser.add_argument("--new-key", action="store_true", help="Print a new private key, and keep its public one.")
    wanted = parser.parse_args()
    kept = _RESOURCES / "runtimes.key"
    if wanted.new_key:
        private = new_key()
        kept.write_text(public_key_of(private) + "\n", encoding="ascii")
        print(f"{VARIABLE}={private}")
        print(
            "Keep that line where nobody else reads it. Its public key is in resources/runtimes.key.", file=sys.stderr
        )
        return 0
    private = os.environ.get(VARIABLE, "")
    if not private:
        print(f"{VARIABLE} is not set: it has the private key.", file=sys.stderr)
        return 1
    if public_key_of(private) != kept.read_text(encoding="ascii").strip():
        print("resources/runtimes.key is the public key of another one: nothing is signed.", file=sys.stderr)
        return 1
    signature = wanted.file.with_name(wanted.file.name + ".sig")
    signature.write_text(sign(wanted.file.read_bytes(), private) + "\n", encoding="ascii")
    print(signature)
    return 0


if __name__ == "__main__":
    sys.exit(main())
