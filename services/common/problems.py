"""Errors as `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and facts of the problem.

No answer quotes what a client sent, and none says how the service is made.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from functions.common.log import cause, logger
from functions.common.outbox import InvalidPayloadError, TryAgainError

_MEDIA_TYPE = "application/problem+json"
RETRY = {"Retry-After": "2"}
"""Header of an answer after which the same request may succeed."""


class ProblemError(Exception):
    """Ends a request with a problem document.

    Args:
        status: HTTP status.
        detail: What is wrong and what helps, for a developer who calls the service; quotes no input.
        kind: Name of the problem for code to tell it by; `type` is `urn:store:problem:<kind>`. Without it the status
            says all.
        facts: Members of the document beside RFC 9457's own, such as `unavailable`.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind
        self.headers, self.facts = dict(headers or {}), facts

    def response(self) -> JSONResponse:
        document = {
            "type": f"urn:store:problem:{self.kind}" if self.kind else "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.facts,
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(document, self.status, headers, _MEDIA_TYPE)


def unavailable(what: str) -> ProblemError:
    """503: `what` the request needs is not reachable or asks to slow down; the client may try again."""
    return ProblemError(503, f"{what} is not available; try again", headers=RETRY)


def missing(what: str) -> ProblemError:
    """404 for something that does not exist, or is not the caller's to see: `unknown-<what>`."""
    return ProblemError(404, f"there is no such {what}", kind=f"unknown-{what}")


def conflict(kind: str, detail: str, **facts: Any) -> ProblemError:
    """409: the request does not fit what is stored."""
    return ProblemError(409, detail, kind=kind, **facts)


def answer_problems(app: FastAPI) -> None:
    """Let every error of `app` be a problem document. A handler that the app adds later for a class replaces one."""

    @app.exception_handler(ProblemError)
    def _(_request: Request, error: ProblemError) -> Response:
        return error.response()

    @app.exception_handler(HTTPException)
    def _(_request: Request, error: HTTPException) -> Response:
        detail = "there is no such route" if error.status_code == 404 else str(error.detail)
        return ProblemError(error.status_code, detail, headers=error.headers).response()

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> Response:
        if any(problem["loc"][0] == "path" for problem in error.errors()):
            return ProblemError(404, "there is no such thing").response()
        wrong = [
            {"at": ".".join(map(str, problem["loc"])), "must": problem["msg"]} for problem in list(error.errors())[:10]
        ]
        return ProblemError(400, "the request does not have the form that the route asks for", wrong=wrong).response()

    @app.exception_handler(InvalidPayloadError)
    def _(_request: Request, error: InvalidPayloadError) -> Response:
        return ProblemError(400, str(error)).response()

    @app.exception_handler(TryAgainError)
    def _(_request: Request, _error: TryAgainError) -> Response:
        return conflict(
            "changed-meanwhile", "others changed the same thing at the same time; read it again and repeat"
        ).response()

    @app.exception_handler(ClientError)
    @app.exception_handler(BotoCoreError)
    def _(_request: Request, error: Exception) -> Response:
        logger.error("AWS call failed", extra={"cause": cause(error)})
        return unavailable("a part of the store").response()
