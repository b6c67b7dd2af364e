"""Whether a list of runtimes comes from those who make this program: an Ed25519 signature (RFC 8032) over its bytes."""

import base64
import binascii

from studiolo.errors import ProtocolError


def check_signature(content: bytes, signature: str, key: str) -> None:
    """Check that whoever has the private key signed these bytes. Raises ProtocolError.

    Args:
        content: What is signed, byte by byte.
        signature: 64 bytes in base64.
        key: The public key, 32 bytes in base64.
    """
    # It takes 30 ms to import, and most servers are never asked for a runtime.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.strip(), validate=True))
        public.verify(base64.b64decode(signature.strip(), validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise ProtocolError(
            "The list of runtimes is not signed by those who make Studiolo.",
            hint="It was changed, or is another program's. The list of before stays.",
            details=type(error).__name__,
        ) from error
