"""The server's settings: a JSON file that a person may edit, and that a newer or older version may have written."""

import json
import logging
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

logger = logging.getLogger(__name__)


class ServerSettings(BaseModel):
    """Spec section 6, as far as this version goes. Lengths are tokens."""

    model_config = ConfigDict(extra="ignore")

    port: int = Field(default=1234, ge=0, le=65535)
    model_folders: list[Path] = Field(default_factory=list)
    keep_responses_days: float = Field(default=30, gt=0)
    default_context_length: int = Field(default=4096, ge=256)


def load_settings(file: Path) -> ServerSettings:
    """The settings in `file`. A field that can't be used falls back to its default, and the log says so."""
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ServerSettings()
    except (OSError, ValueError) as error:
        logger.warning("%s can't be read, the defaults are used: %s", file, error)
        return ServerSettings()
    if not isinstance(data, dict):
        logger.warning("%s does not hold a JSON object, the defaults are used", file)
        return ServerSettings()
    try:
        return ServerSettings.model_validate(data)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors()}
        logger.warning("%s: the defaults are used for %s", file, ", ".join(sorted(bad)))
        return ServerSettings.model_validate({key: value for key, value in data.items() if key not in bad})
