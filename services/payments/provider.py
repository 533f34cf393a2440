"""What payments ask of a payment provider, and the provider behind `STORE_PAYMENT_PROVIDER_URL`.

The store names each charge by the id of its payment, so a request that is repeated is done once.
"""

from functools import cache
from http import HTTPStatus
from typing import Any, Literal, Protocol

import httpx
from pydantic import ValidationError

from functions.common import names
from functions.common.log import cause, logger
from functions.common.model import Model
from services.common.settings import optional, setting

KEY = "STORE_PAYMENT_PROVIDER_KEY"
"""Secret that the provider knows the store by; one that knows it by other means gets none."""
_TIMEOUT = httpx.Timeout(3, connect=1)


class ProviderError(Exception):
    """The provider does not answer, or not as agreed; what it did is unknown."""


class Charge(Model):
    """A charge as the provider has it."""

    reference: str
    status: Literal["requires_action", "authorised", "captured", "declined", "voided"]
    """`authorised`: the money is held, or an invoice accepted; `voided`: it never will be taken."""
    action_url: str | None = None
    """Where the customer's browser must go, for `requires_action`."""
    decline_code: str | None = None
    captured_minor: int = 0
    refunded_minor: int = 0


class ChargeRequest(Model):
    reference: str
    order_id: str
    token: str
    method: str
    amount_minor: int
    currency: str
    return_url: str | None = None


class Provider(Protocol):
    """All raise `ProviderError`; all may be repeated."""

    def authorise(self, request: ChargeRequest) -> Charge: ...

    def find(self, reference: str) -> Charge | None: ...

    def capture(self, reference: str) -> Charge:
        """Collect what is authorised; a charge that is not stays as it is."""
        ...

    def void(self, reference: str) -> Charge:
        """Let go of what is not captured. One that the provider does not know is refused from now on."""
        ...

    def refund(self, reference: str, refund_id: str, amount_minor: int) -> Charge: ...


class HttpProvider:
    def __init__(self, url: str, key: str | None, client: httpx.Client) -> None:
        self._url, self._client = url.rstrip("/"), client
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def authorise(self, request: ChargeRequest) -> Charge:
        return self._asked("POST", "/charges", request.model_dump(exclude_none=True))

    def find(self, reference: str) -> Charge | None:
        answer = self._answer("GET", f"/charges/{reference}", None)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _charge(answer)

    def capture(self, reference: str) -> Charge:
        return self._asked("POST", f"/charges/{reference}/capture", {})

    def void(self, reference: str) -> Charge:
        return self._asked("POST", f"/charges/{reference}/void", {})

    def refund(self, reference: str, refund_id: str, amount_minor: int) -> Charge:
        body = {"refund_id": refund_id, "amount_minor": amount_minor}
        return self._asked("POST", f"/charges/{reference}/refunds", body)

    def _asked(self, method: str, path: str, body: dict[str, Any]) -> Charge:
        return _charge(self._answer(method, path, body))

    def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        try:
            return self._client.request(method, self._url + path, json=body, headers=self._headers, timeout=_TIMEOUT)
        except httpx.TransportError as error:
            logger.warning("payment provider does not answer", extra={"cause": cause(error)})
            raise ProviderError from error


def _charge(answer: httpx.Response) -> Charge:
    if not answer.is_success:
        logger.error("payment provider refuses", extra={"status": answer.status_code})
        raise ProviderError
    try:
        return Charge.model_validate_json(answer.content)
    except ValidationError as error:
        raise ProviderError from error


@cache
def client() -> httpx.Client:
    """The one client of the process, with its connections kept."""
    return httpx.Client(headers={"User-Agent": "web-store"})


def provider() -> Provider:
    """The provider of this environment."""
    return HttpProvider(setting(names.PAYMENT_PROVIDER_URL), optional(KEY), client())
