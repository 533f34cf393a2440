"""Client of the parties that price deliveries and reckon taxes, at `STORE_SHIPPING_URL` and `STORE_TAX_URL`.

What they are asked has no effect, so it can be repeated. Customers wait meanwhile: a request is tried twice within a
budget, and a party that failed several times in a row is left alone for a while.
"""

import time
from functools import cache
from threading import Lock
from typing import Any, Literal, TypeVar

import httpx
from pydantic import ValidationError

from functions.common import names
from functions.common.log import cause, logger
from functions.common.model import Model
from services.common.settings import optional

Kind = Literal["shipping", "tax"]
_VARIABLES: dict[Kind, tuple[str, str]] = {
    "shipping": (names.SHIPPING_URL, names.SHIPPING_KEY),
    "tax": (names.TAX_URL, names.TAX_KEY),
}
# A second attempt begins within the budget. A checkout that its caller has given up goes on, and its repetition gets
# the answer; after a few of these the breaker is open.
_PATIENCE_SECONDS = 2
_TIMEOUT = httpx.Timeout(_PATIENCE_SECONDS, connect=1)
_BUDGET_SECONDS = 1.5
_ATTEMPTS = 2
_BROKEN_AFTER = 5
_LEFT_ALONE_SECONDS = 10.0
_ANSWER_BYTES_MAX = 256 * 1024
_WRONG_REQUEST = (400, 422)

M = TypeVar("M", bound=Model)


class PartyError(Exception):
    """No answer, or one that is not of the declared form."""


class RequestRefusedError(Exception):
    """The party takes this request for wrong, such as for a postal code that there is not; it is not down."""


class Breaker:
    """Opens after failures in a row, and lets the next request through after a while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._open_until = 0.0

    def admits(self) -> bool:
        with self._lock:
            if self._failures < _BROKEN_AFTER:
                return True
            if time.monotonic() < self._open_until:
                return False
            # Others wait for the result of this one.
            self._open_until = time.monotonic() + _LEFT_ALONE_SECONDS
            return True

    def note(self, *, failed: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            self._open_until = time.monotonic() + _LEFT_ALONE_SECONDS


BREAKERS: dict[Kind, Breaker] = {"shipping": Breaker(), "tax": Breaker()}
"""Of the process."""


class Party:
    def __init__(self, kind: Kind, url: str, key: str | None, http: httpx.Client, breaker: Breaker) -> None:
        self.kind: Kind = kind
        self._url, self._http, self._breaker = url.rstrip("/"), http, breaker
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, path: str, request: dict[str, Any], answer: type[M]) -> M:
        """
        Raises:
            PartyError: no answer in time, a refusal of the store, or an answer of another form.
            RequestRefusedError: the party refuses what is asked. Other requests are asked all the same.
        """
        if not self._breaker.admits():
            logger.warning("party is left alone", extra={"party": self.kind})
            raise PartyError
        failed = True
        try:
            found = self._answer(path, request, answer)
            failed = False
        except RequestRefusedError:
            failed = False
            raise
        finally:
            self._breaker.note(failed=failed)
        return found

    def _answer(self, path: str, request: dict[str, Any], answer: type[M]) -> M:
        until = time.monotonic() + _BUDGET_SECONDS
        for attempt in range(_ATTEMPTS):
            try:
                status, content = self._post(path, request)
            except httpx.RequestError as error:
                why = cause(error)
            else:
                if 200 <= status < 300:
                    return self._understood(content, answer)
                why = str(status)
                if status < 500 and status != 429:
                    logger.error("party refuses", extra={"party": self.kind, "cause": why})
                    raise RequestRefusedError if status in _WRONG_REQUEST else PartyError
            logger.warning("party fails", extra={"party": self.kind, "cause": why, "attempt": attempt + 1})
            if time.monotonic() >= until:
                break
        raise PartyError

    def _post(self, path: str, request: dict[str, Any]) -> tuple[int, bytes]:
        """Status and content, of which one byte more than an answer may have is read at most."""
        until, content = time.monotonic() + _PATIENCE_SECONDS, b""
        sent = self._http.stream("POST", self._url + path, json=request, headers=self._headers, timeout=_TIMEOUT)
        with sent as got:
            for part in got.iter_bytes():
                content += part
                if time.monotonic() > until:  # httpx's own limit is that of each part
                    raise httpx.ReadTimeout("answer comes too slowly", request=got.request)
                if len(content) > _ANSWER_BYTES_MAX:
                    break
            return got.status_code, content

    def _understood(self, content: bytes, answer: type[M]) -> M:
        try:
            if len(content) <= _ANSWER_BYTES_MAX:
                return answer.model_validate_json(content)
            why = "too long"
        except ValidationError as error:
            why = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
        logger.error("answer of party is not of its form", extra={"party": self.kind, "cause": why})
        raise PartyError


def party(kind: Kind) -> Party | None:
    """The party of this environment; None where there is none, or it is switched off."""
    url, key = _VARIABLES[kind]
    address = optional(url)
    if address is None or address == names.OFF:
        return None
    return Party(kind, address, optional(key), client(), BREAKERS[kind])


@cache
def client() -> httpx.Client:
    """HTTP client of the process."""
    return httpx.Client(headers={"User-Agent": "web-store"})
