"""Errors that a person can use.

AppError
 ├─ RequestError            what was asked can't be done as asked (names the parameter)
 │   ├─ NotFoundError       a model, an instance or a job that isn't there
 │   ├─ UnsupportedError    not implemented
 │   └─ ContextOverflowError  the prompt does not fit the context
 ├─ AccessError             a token is missing, wrong, or lacks the permission
 ├─ UnreachableError        nobody answers at that address, or the connection broke
 │   ├─ StoppedError        our own server, which was stopped and can be started again
 │   └─ OfflineError        nobody was asked, as the person wants nothing to leave
 ├─ ProtocolError           somebody answers, but not in a language we know
 │   └─ CertificateError    who answers can't prove who it is
 ├─ McpServerError          an MCP server can't be reached, or has to be signed in to
 ├─ ToolError               a tool could not be run to its end
 ├─ EngineError             the model's process failed
 │   └─ BusyError           it has too much to do at once
 └─ StorageError            the disk or a file on it
"""

from typing import Literal


class AppError(Exception):
    """Something went wrong that a person should hear of.

    message: what happened, one sentence. hint: what to do about it, may be empty. retryable: whether the same thing,
    tried again unchanged, can succeed. details: for the curious and for bug reports, may be empty.
    """

    retryable = False

    def __init__(self, message: str, *, hint: str = "", retryable: bool | None = None, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class RequestError(AppError):
    """The request can't be carried out as it stands. `param` and `code` are those of spec section 5."""

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, hint: str = "", details: str = ""
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.param = param
        self.code = code


class NotFoundError(RequestError):
    """A model, an instance or a job that isn't there."""

    def __init__(
        self,
        message: str,
        *,
        what: Literal[
            "model",
            "instance",
            "job",
            "endpoint",
            "token",
            "response",
            "chat",
            "mcp server",
            "tool",
            "approval",
            "request",
            "benchmark",
            "runtime",
            "upstream",
        ],
        param: str | None = None,
        code: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, param=param, code=code, hint=hint)
        self.what = what


class UnsupportedError(RequestError):
    """Asked for something that this server or model does not do."""


class ContextOverflowError(RequestError):
    """The prompt has more tokens (`prompt_tokens`) than the instance's context (`context_length`) can hold.

    Programs that shorten their history know it by llama.cpp's words: "exceeds the available context size".
    """

    def __init__(self, message: str, *, prompt_tokens: int, context_length: int, hint: str = "") -> None:
        super().__init__(message, param="input", code="exceed_context_size_error", hint=hint)
        self.prompt_tokens = prompt_tokens
        self.context_length = context_length


class AccessError(AppError):
    """Refused: no token, a wrong one (`status` 401), or one without the permission (`status` 403)."""

    def __init__(
        self,
        message: str,
        *,
        status: Literal[401, 403],
        param: str | None = None,
        code: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.param = param
        self.code = code


class UnreachableError(AppError):
    """Nobody answers at the address, or the connection broke on the way."""

    retryable = True


class StoppedError(UnreachableError):
    """Our own server does not run since somebody stopped it."""

    retryable = True


class OfflineError(UnreachableError):
    """Nobody was asked: the switch that lets nothing leave is on. `code` is that of api.network."""

    retryable = False

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class ProtocolError(AppError):
    """The answer is not what the API says it should be."""


class CertificateError(ProtocolError):
    """The certificate of a server is not trusted, or is another than the one that is. Nothing was sent to it."""


class McpServerError(AppError):
    """An MCP server can't be reached, does not begin, or wants a sign-in. `server`: as `integrations` names it.

    ephemeral: it was named by the request itself, so the request is at fault.
    """

    def __init__(
        self,
        message: str,
        *,
        server: str,
        ephemeral: bool = False,
        hint: str = "",
        retryable: bool = True,
        details: str = "",
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        self.server = server
        self.ephemeral = ephemeral


class ToolError(AppError):
    """A tool of an MCP server could not be run to its end. The message is for the model as well as for the person."""


class EngineError(AppError):
    """The process that runs the model failed; the server itself lives on."""

    retryable = True


class BusyError(EngineError):
    """The model has more to do at once than it has room for; alone, the same request can succeed."""


class StorageError(AppError):
    """A file could not be read or written."""
