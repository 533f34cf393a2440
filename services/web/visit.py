"""One request of a browser: its session, its form, the API in the customer's name, and the page that answers it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from functions.common.names import CLIENT_HEADER
from services.web import session as sessions
from services.web import shelves
from services.web.answers import Answers
from services.web.assets import Assets
from services.web.config import Config
from services.web.flags import Flags
from services.web.session import Customer, Session, SessionData
from services.web.sign_in import SignIn, SignInDownError, SignInRefusedError
from services.web.store_api import ApiDownError, Reply, SignedOutError, StoreApi
from services.web.templates import Templates
from services.web.texts import Texts

DOWN = 500
"""Status of a page that tells what does not work: CloudFront replaces 502, 503 and 504 by the maintenance page, which
cannot tell (`NOT_ANSWERED` in components/edge/distribution.py)."""
_FORM_BYTES = 32 * 1024
_FORM_FIELDS = 60
_FORM_TYPE = "application/x-www-form-urlencoded"


class MustSignInError(Exception):
    """The page is for customers who have signed in."""


class BadFormError(Exception):
    """The form is none of ours, or is older than the session."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all requests of a process share."""

    config: Config
    api: StoreApi
    sign_in: SignIn
    answers: Answers
    flags: Flags
    texts: Texts
    assets: Assets
    templates: Templates


class Visit:
    def __init__(self, site: Site, request: Request, session: Session, *, session_down: bool) -> None:
        self.site, self.request, self.session = site, request, session
        self.session_down = session_down
        """The table of sessions does not answer: pages for everybody are shown as to a stranger."""
        self.form: dict[str, str] = {}
        self.must_keep = False
        """The change is in the session alone, so the request fails if the session cannot be saved."""

    @property
    def customer(self) -> Customer | None:
        return self.session.data.customer

    def param(self, name: str) -> str:
        """Part of the path."""
        return self.request.path_params[name]

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "").strip()

    def field(self, name: str) -> str:
        """Field of the form, without spaces around it; empty without it."""
        return self.form.get(name, "").strip()

    def t(self, name: str, /, **values: Any) -> str:
        return self.site.texts(name, **values)

    async def read_form(self) -> None:
        """
        Raises:
            BadFormError: too large, of another media type, from another site, or without this session's token.
        """
        request = self.request
        # Browsers that send it tell where a request comes from, whatever its cookies.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise BadFormError
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
            raise BadFormError
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _FORM_BYTES:
                raise BadFormError
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS)
        except ValueError as error:
            raise BadFormError from error
        self.form = dict(fields)
        if not self.session.is_own(self.field("csrf")):
            raise BadFormError

    async def token(self) -> str:
        """Access token of the customer, renewed if need be.

        Raises:
            MustSignInError: nobody has signed in, or the sign-in is over.
            ApiDownError: the user pool does not answer.
        """
        customer = self.customer
        if customer is None:
            raise MustSignInError
        if not self.site.sign_in.is_stale(customer):
            return customer.access_token
        try:
            fresh = await self.site.sign_in.refresh(customer)
        except SignInRefusedError as error:
            self.forget_customer()
            raise MustSignInError from error
        except SignInDownError as error:
            raise ApiDownError from error
        self.session.change(lambda data: _set_customer(data, fresh))
        return fresh.access_token

    def forget_customer(self) -> None:
        """The sign-in is over; what was entered stays."""
        self.session.change(lambda data: _set_customer(data, None))

    async def call(self, method: str, target: str, **arguments: Any) -> Reply:
        """`StoreApi.call` in the customer's name.

        Raises:
            MustSignInError: nobody has signed in, or the API does not take the token.
            ApiError: as `StoreApi.call`.
        """
        try:
            token, address = await self.token(), self.request.headers.get(CLIENT_HEADER)
            return await self.site.api.call(method, target, token=token, address=address, **arguments)
        except SignedOutError as error:
            self.forget_customer()
            raise MustSignInError from error

    async def page(
        self,
        template: str,
        status: int = 200,
        *,
        headers: dict[str, str] | None = None,
        background: BackgroundTask | None = None,
        **context: Any,
    ) -> Response:
        """Render a page; it shows the notices that wait, once.

        Args:
            background: What is done once the page is on its way.
        """
        notices = list(self.session.data.notices)
        if notices:
            self.session.change(lambda data: data.notices.__delitem__(slice(len(notices))))
        flags = await self.site.flags.on()
        shown = {
            "csrf": self.session.csrf_token,
            "customer": self.customer,
            "cart_count": cart_count(self.session.data),
            "notices": notices,
            "categories": await shelves.categories(self.site.answers),
            "banner": flags["banner"].text if "banner" in flags else "",
            "here": self.request.url.path,
            "session_down": self.session_down,
            **context,
        }
        return HTMLResponse(self.site.templates.render(template, **shown), status, headers, background=background)

    async def down(self, what: str, **context: Any) -> Response:
        """The page that tells what does not work.

        Args:
            what: Key of the text, `down.<what>`.
        """
        return await self.page("down.html", DOWN, headers={"Retry-After": "5"}, what=what, **context)

    def go(self, path: str) -> Response:
        """Send the browser to a page of the store, by GET."""
        return RedirectResponse(path, 303, {"Cache-Control": "no-store"})

    def leave(self, url: str) -> Response:
        """Send the browser to the user pool; only in answer to GET, for `form-action 'self'` stops forms that are led
        to other hosts."""
        return RedirectResponse(url, 302, {"Cache-Control": "no-store"})


def own_path(path: str, default: str = "/account") -> str:
    """A path of the store, whatever is asked for: no other host, no scheme, no header."""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or any(letter < "!" for letter in path):
        return default
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc and path.isascii() else default


def cart_count(data: SessionData) -> int:
    """Pieces that the header shows."""
    return (data.cart_count or 0) if data.customer else sum(line.quantity for line in data.lines)


async def open_visit(site: Site, request: Request) -> Visit:
    cookie = request.cookies.get(site.config.cookie)
    try:
        session = await asyncio.to_thread(sessions.load, cookie)
    except sessions.SessionsDownError:
        return Visit(site, request, Session(cookie), session_down=True)
    return Visit(site, request, session, session_down=False)


def _set_customer(data: SessionData, customer: Customer | None) -> None:
    data.customer = customer
