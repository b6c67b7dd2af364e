"""Every failure as an error body: AppErrors, refused bodies, unknown routes, mistakes of ours."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from studiolo.api.errors import ErrorInfo
from studiolo.errors import AppError
from studiolo.server.chat.turn import error_info
from studiolo.server.http.bodies import BodyError
from studiolo.server.http.body_rules import describe
from studiolo.server.http.error_bodies import body_for, error_body, status_for, unknown_route
from studiolo.server.mistakes import foreseen
from studiolo.server.request_log import note

CLIENT_LEFT = 499
"""What nginx calls a client that left before it was answered."""


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of `app` an error body of the contract."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(BodyError, _on_body_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    path = request.url.path
    note(error=error_info(error).message)
    return JSONResponse(error_body(error, path), status_for(error, path))


async def _on_body_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyError)
    return _answer(error.info, error.status, request)


async def _on_invalid_parameter(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _answer(describe(error.errors()), 400, request)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return JSONResponse(unknown_route(request.method, request.url.path), 404)
    info = ErrorInfo(message=str(error.detail), type="invalid_request", code="invalid_value")
    return _answer(info, error.status_code, request)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_LEFT)  # Nobody reads it; the log does.


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    told = foreseen(error, f"{request.method} {request.url.path}")
    return _answer(error_info(told), 500, request)


def _answer(info: ErrorInfo, status: int, request: Request) -> JSONResponse:
    note(error=info.message)
    return JSONResponse(body_for(info, status, request.url.path), status)
