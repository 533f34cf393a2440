"""From a request to a page: session, form and its token, the handler, what its errors mean to a customer, cookies."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.common.log import cause, logger
from services.web import session as sessions
from services.web.store_api import ApiDownError, NotFoundError, RefusedError
from services.web.visit import BadFormError, MustSignInError, Site, Visit, open_visit

Handler = Callable[[Visit], Awaitable[Response]]
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline scripts or styles, nothing from elsewhere. Behind CloudFront `edge.headers` replaces it."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A path of the storefront."""

    path: str
    handler: Handler
    method: Literal["GET", "POST"] = "GET"
    personal: bool = False
    """Nothing of it is kept anywhere, and it cannot be shown without the session."""
    back: str = "/home"
    """Path, with the names of this path's parts in braces, where a form that failed leads to."""


def endpoint(site_of: Callable[[], Site], page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        visit = await open_visit(site_of(), request)
        response = await _answer(visit, page)
        try:
            saved = await _save(visit)
        except sessions.SessionsDownError:
            saved = False
            if visit.must_keep:
                response = await _no_session(visit, page)
        if not visit.session_down and (visit.session.is_new or saved):
            _set_cookie(visit, response)
        response.headers.setdefault("Cache-Control", "no-store" if page.personal else "private, no-cache")
        return response

    return serve


async def _answer(visit: Visit, page: Page) -> Response:
    back = page.back.format_map(visit.request.path_params)
    try:
        if visit.session_down and (page.personal or page.method == "POST"):
            return await _no_session(visit, page)
        if page.method == "POST":
            await visit.read_form()
        return await page.handler(visit)
    except MustSignInError:
        return _to_sign_in(visit, page, back)
    except BadFormError:
        return await visit.page("form_refused.html", 403, back=back)
    except NotFoundError:
        return await visit.page("not_found.html", 404)
    except ApiDownError as error:
        if page.method == "POST":
            visit.session.say("failed", visit.t("failed.uncertain" if error.uncertain else "failed.down"))
            return visit.go(back)
        return await visit.down("api")
    except RefusedError as error:
        return await _refused(visit, page, back, error)
    except Exception as error:  # noqa: BLE001 a customer gets a page, whatever happened
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("page failed", extra={"cause": cause(error), "at": f"{place.filename}:{place.lineno}"})
        return await visit.page("failed.html", 500)


async def _no_session(visit: Visit, page: Page) -> Response:
    here = page.back.format_map(visit.request.path_params) if page.method == "POST" else visit.request.url.path
    return await visit.down("session", here=here)


async def _refused(visit: Visit, page: Page, back: str, error: RefusedError) -> Response:
    busy = error.status == 429
    if page.method == "POST":
        visit.session.say("failed", visit.t("failed.busy" if busy else "failed.refused"))
        return visit.go(back)
    if busy:
        return await visit.down("busy")
    logger.error("page refused by the api", extra={"status": error.status, "path": page.path})
    return await visit.page("failed.html", 500)


def _to_sign_in(visit: Visit, page: Page, back: str) -> Response:
    if page.method == "POST":
        # Not straight to the user pool: `form-action 'self'` would stop the form.
        return visit.go(f"/sign-in/again?{urlencode({'next': back})}")
    url = visit.request.url
    here = url.path + (f"?{url.query}" if url.query else "")
    return visit.go(f"/sign-in?{urlencode({'next': here})}")


async def _save(visit: Visit) -> bool:
    if visit.session_down or not visit.session.must_be_saved:
        return False
    await asyncio.to_thread(sessions.save, visit.session)
    return True


def _set_cookie(visit: Visit, response: Response) -> None:
    config = visit.site.config
    response.set_cookie(
        config.cookie,
        visit.session.cookie,
        max_age=sessions.IDLE_SECONDS,
        path="/",
        secure=config.secure,
        httponly=True,
        samesite="lax",
    )


class SecurityHeaders:
    """Of every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, guarded)


_HEADERS = [
    (name.encode(), value.encode())
    for name, value in {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(self), usb=()",
    }.items()
]
