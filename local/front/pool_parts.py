"""What pages and endpoints of the user pool share."""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from local.front.messages import Answer, Call
from local.front.pool_accounts import Account, Accounts
from local.front.pool_clients import Client, Clients, granted
from local.front.pool_codes import Codes
from local.front.pool_tokens import Grant, Grants, Issuer
from local.front.pool_triggers import Triggers

_SESSION_SECONDS: Final = 3600
"""https://docs.aws.amazon.com/cognito/latest/developerguide/managing-sign-in-session.html"""
_FREE_TRIES: Final = 5
_LONGEST_LOCK: Final = 900


class OAuthError(Exception):
    """An error of an OAuth endpoint; `str()` is its code."""

    def __init__(self, code: str, detail: str = "", *, status: int = 400) -> None:
        super().__init__(code)
        self.detail, self.status = detail, status


@dataclass(frozen=True)
class Authorization:
    """A request to the authorize endpoint, which all pages of its sign-in carry along as their query string."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    nonce: str | None
    challenge: str | None
    query: str

    def redirect(self, **parameters: str) -> Answer:
        """Back to the client."""
        given = {**parameters, **({"state": self.state} if self.state is not None else {})}
        mark = "&" if "?" in self.redirect_uri else "?"
        return redirect(f"{self.redirect_uri}{mark}{urlencode(given)}")


@dataclass(kw_only=True)
class PoolParts:
    clients: Clients
    accounts: Accounts
    issuer: Issuer
    grants: Grants
    codes: Codes
    triggers: Triggers
    policy: Mapping[str, Any]
    """Password policy."""
    self_sign_up: bool
    now: Callable[[], float]
    sessions: "Sessions"
    locks: "Locks"

    def authorization(self, call: Call) -> Authorization:
        """
        Raises:
            OAuthError: the client or its callback URL is wrong; the browser must not be sent there.
            RedirectError: anything else is wrong.
        """
        given = dict(call.parameters)
        client = self.clients.get(given.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_request", "The client does not exist.")
        redirect_uri = given.get("redirect_uri", "")
        if not self.clients.allows_callback(client, redirect_uri):
            raise OAuthError("redirect_mismatch", "The callback URL is none of the client's.")
        scopes = granted(client, given.get("scope"))
        request = Authorization(
            client,
            redirect_uri,
            scopes or frozenset(),
            given.get("state"),
            given.get("nonce"),
            given.get("code_challenge"),
            call.query,
        )
        if given.get("response_type") != "code" or "code" not in client.flows:
            raise RedirectError(request, "unauthorized_client")
        if scopes is None:
            raise RedirectError(request, "invalid_scope")
        if (request.challenge is not None or "code_challenge_method" in given) and (
            not request.challenge or given.get("code_challenge_method") != "S256"
        ):
            raise RedirectError(request, "invalid_request")
        return request

    def signed_in(self, request: Authorization, account: Account, auth_time: int) -> Answer:
        """Send the browser back with an authorization code."""
        grant = Grant(
            account.sub,
            request.client.id,
            request.scopes,
            auth_time,
            nonce=request.nonce,
            redirect_uri=request.redirect_uri,
            challenge=request.challenge,
        )
        return request.redirect(code=self.grants.code(grant))


class RedirectError(Exception):
    """An error that the client learns by its callback URL."""

    def __init__(self, request: Authorization, code: str) -> None:
        super().__init__(code)
        self.request = request


@dataclass
class Sessions:
    """Browsers that have signed in (`session`), or that have begun to sign up (`pending`)."""

    now: Callable[[], float]
    _known: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    def begin(self, kind: str, sub: str) -> tuple[str, str]:
        """`Set-Cookie` header of a new session."""
        token = secrets.token_urlsafe(32)
        self._known[kind, token] = (sub, self.now())
        return cookie(kind, token)

    def find(self, kind: str, call: Call) -> tuple[str, int] | None:
        """Subject and beginning of the session of a browser."""
        found = self._known.get((kind, cookies(call).get(_name(kind), "")))
        if found is None or found[1] + _SESSION_SECONDS < self.now():
            return None
        return found[0], int(found[1])

    def end(self, kind: str, call: Call) -> tuple[str, str]:
        """`Set-Cookie` header that ends it."""
        self._known.pop((kind, cookies(call).get(_name(kind), "")), None)
        return cookie(kind, "", seconds=0)

    def end_all(self, sub: str) -> None:
        """End all sessions of an account."""
        self._known = {key: value for key, value in self._known.items() if value[0] != sub}


@dataclass
class Locks:
    """Locks an address after wrong passwords: five are free, then one second, doubled each time, up to 15 minutes.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
    """

    now: Callable[[], float]
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)

    def is_locked(self, email: str) -> bool:
        return self._failed.get(email.lower(), (0, 0.0))[1] > self.now()

    def failed(self, email: str) -> None:
        count = self._failed.get(email.lower(), (0, 0.0))[0] + 1
        seconds = min(2 ** (count - _FREE_TRIES), _LONGEST_LOCK) if count >= _FREE_TRIES else 0
        self._failed[email.lower()] = (count, self.now() + seconds)

    def passed(self, email: str) -> None:
        self._failed.pop(email.lower(), None)


def redirect(url: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status=302, headers=(("location", url), ("cache-control", "no-store"), *headers))


def _name(kind: str) -> str:
    return f"cognito-{kind}"


def cookie(kind: str, value: str, *, seconds: int = _SESSION_SECONDS) -> tuple[str, str]:
    """`Set-Cookie` header. Not `Secure`: the laptop has no TLS."""
    return ("set-cookie", f"{_name(kind)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")


def cookies(call: Call) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(call.header("cookie") or "")
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def csrf_of(call: Call) -> tuple[str, Sequence[tuple[str, str]]]:
    """The form's token, and the `Set-Cookie` header if the browser has none yet."""
    known = cookies(call).get(_name("csrf"))
    if known:
        return known, ()
    token = secrets.token_urlsafe(24)
    return token, (cookie("csrf", token),)


def is_own_form(call: Call, form: Mapping[str, str]) -> bool:
    known = cookies(call).get(_name("csrf"), "")
    return bool(known) and hmac.compare_digest(known.encode(), form.get("_csrf", "").encode())


def form_of(call: Call) -> dict[str, str]:
    """Fields of a form; empty for another content type."""
    kind = (call.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
