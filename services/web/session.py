"""Sessions: what the store remembers of a browser, under the hash of a random cookie.

Table `sessions`: `session_id` is the SHA-256 of the cookie, so nobody can take over a session who can read the table;
`data` the JSON of `SessionData`, tokens included, which never reach the browser; `version` for optimistic locking;
`expires_at`. A browser gets a new cookie at every sign-in and sign-out, and the old one is void.
"""

import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ValidationError

from functions.common.aws import dynamodb, table
from functions.common.log import cause, logger

IDLE_SECONDS = 30 * 24 * 3600
"""A session ends after this time without a visit; refresh tokens live as long (`identity.web.refresh_days`)."""
_RENEWED_SECONDS = 24 * 3600
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_ATTEMPTS = 5
_AWS_FAILS = (BotoCoreError, ClientError)


class SessionsDownError(Exception):
    """The table of sessions cannot be read or written now."""


class Line(BaseModel):
    """An article in the cart of a visitor who has not signed in."""

    sku: str
    product_id: str
    quantity: int
    currency: str
    before: int | None = None
    """Pieces in the customer's cart when the line was about to be moved there."""


class PendingSignIn(BaseModel):
    """A sign-in that has been sent to the user pool and has not come back."""

    nonce: str
    verifier: str
    next: str
    started_at: int


class Customer(BaseModel):
    """Who has signed in, with tokens."""

    customer_id: str
    access_token: str
    refresh_token: str | None
    expires_at: int


class Notice(BaseModel):
    """What the next page says first."""

    kind: Literal["done", "failed", "note"]
    text: str


class Checkout(BaseModel):
    """What was entered at checkout, kept if the order fails."""

    key: str
    """Idempotency key of the order: a form that is sent twice makes one order."""
    fields: dict[str, str] = {}


class SessionData(BaseModel):
    lines: list[Line] = []
    customer: Customer | None = None
    sign_ins: dict[str, PendingSignIn] = {}
    """By state."""
    notices: list[Notice] = []
    checkout: Checkout | None = None
    payments: dict[str, str] = {}
    """Order to the payment that was begun last, for the way back from the bank; empty where no answer came."""
    cart_count: int | None = None
    """Pieces in the cart of a customer, as last seen; the header shows it without asking the API."""


Change = Callable[[SessionData], None]


class Session:
    """One browser's session during one request. Changes are functions, so that they can be applied again to what
    another request has written in the meantime."""

    def __init__(self, cookie: str | None = None, data: SessionData | None = None, version: int = 0) -> None:
        self.cookie = cookie or secrets.token_urlsafe(32)
        self.is_new = cookie is None
        self.data = data or SessionData()
        self.version = version
        self.touched_at = 0
        """Epoch second from which `IDLE_SECONDS` count."""
        self.changes: list[Change] = []
        self.replaced: str | None = None
        """Cookie before a sign-in or sign-out."""

    @property
    def csrf_token(self) -> str:
        """What a form must bring. It follows from the cookie, which scripts and other sites cannot read, and does not
        reveal it."""
        digest = hashlib.sha256(f"csrf\n{self.cookie}".encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def is_own(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.csrf_token.encode())

    def change(self, change: Change) -> None:
        change(self.data)
        self.changes.append(change)

    def say(self, kind: Literal["done", "failed", "note"], text: str) -> None:
        """Let the next page begin with this."""
        self.change(lambda data: data.notices.append(Notice(kind=kind, text=text)))

    def renew(self) -> None:
        """Go on under a new cookie: whoever knew the old one has nothing."""
        self.replaced = self.replaced or (None if self.is_new else self.cookie)
        self.cookie, self.is_new, self.version = secrets.token_urlsafe(32), True, 0
        self.changes.append(lambda _: None)

    def end(self) -> None:
        """Forget everything, under a new cookie."""
        self.data, self.changes = SessionData(), []
        self.renew()

    @property
    def must_be_saved(self) -> bool:
        return bool(self.changes) or (self.version > 0 and self.touched_at + _RENEWED_SECONDS < time.time())


def load(cookie: str | None) -> Session:
    """The session of this cookie; a new one for a cookie that is malformed. A cookie that is unknown or over stays with
    an empty session.

    Raises:
        SessionsDownError: the table does not answer.
    """
    if cookie is None or not _COOKIE.fullmatch(cookie):
        return Session()
    item = _read(cookie)
    if item is None:
        return Session(cookie)
    session = Session(cookie, _data(item), int(item["version"]))
    session.touched_at = int(item["expires_at"]) - IDLE_SECONDS
    return session


def save(session: Session) -> None:
    """Write the changes, if there are any, over those of concurrent requests.

    Raises:
        SessionsDownError: the table does not answer.
    """
    if not session.must_be_saved:
        return
    for _ in range(_ATTEMPTS):
        if _write(session):
            if session.replaced:
                _delete(session.replaced)
            return
        item = _read(session.cookie)
        if item is None and session.version:
            # Another request has signed out; what this one wanted to remember goes with it.
            return
        session.data, session.version = (_data(item), int(item["version"])) if item else (SessionData(), 0)
        for change in session.changes:
            change(session.data)
    raise SessionsDownError


def _key(cookie: str) -> dict[str, str]:
    return {"session_id": hashlib.sha256(cookie.encode()).hexdigest()}


def _data(item: dict[str, Any]) -> SessionData:
    try:
        return SessionData.model_validate_json(item["data"])
    except ValidationError:
        # Written by another release: better an empty cart than no page.
        logger.warning("session unreadable", extra={"cause": "another release's form"})
        return SessionData()


def _read(cookie: str) -> dict[str, Any] | None:
    try:
        item = dynamodb().get_item(TableName=table("sessions"), Key=_key(cookie), ConsistentRead=True).get("Item")
    except _AWS_FAILS as error:
        raise _down("read", error) from error
    # DynamoDB deletes expired items within days.
    return item if item and item["expires_at"] > time.time() else None


def _write(session: Session) -> bool:
    now = int(time.time())
    try:
        dynamodb().put_item(
            TableName=table("sessions"),
            Item={
                **_key(session.cookie),
                "data": session.data.model_dump_json(exclude_defaults=True),
                "version": session.version + 1,
                "expires_at": now + IDLE_SECONDS,
            },
            ConditionExpression="version = :seen"
            if session.version
            else "attribute_not_exists(session_id) OR expires_at <= :now",
            ExpressionAttributeValues={":seen": session.version} if session.version else {":now": now},
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return False
    except _AWS_FAILS as error:
        raise _down("write", error) from error
    return True


def _delete(cookie: str) -> None:
    try:
        dynamodb().delete_item(TableName=table("sessions"), Key=_key(cookie))
    except _AWS_FAILS as error:
        raise _down("delete", error) from error


def _down(action: str, error: Exception) -> SessionsDownError:
    logger.error("sessions down", extra={"action": action, "cause": cause(error)})
    return SessionsDownError()
