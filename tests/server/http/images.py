"""Images for requests."""

import base64
import io

from PIL import Image


def image_data(kind: str) -> str:
    """A small red image of the kind that Pillow calls `kind`, in base64."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def image_url(kind: str) -> str:
    """The same as a data URL."""
    return f"data:image/{kind.lower()};base64,{image_data(kind)}"
