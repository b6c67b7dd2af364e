"""What nobody foresaw, on its way to whoever asked."""

import logging

from studiolo.errors import AppError

logger = logging.getLogger(__name__)


def foreseen(error: Exception, where: str) -> AppError:
    """Return an AppError as it is. Any other is a mistake of ours: it is logged, and told as one.

    where: what was being done, for the log.
    """
    if isinstance(error, AppError):
        return error
    logger.error("%s failed", where, exc_info=error)
    return AppError("Something unexpected went wrong in the server.", hint="Its log says more.")
