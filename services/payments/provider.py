"""Interface to payment providers, and the client of the provider at `STORE_PAYMENT_PROVIDER_URL`.

A charge has the id of its payment as its reference, so a repeated request has no further effect.
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

_TIMEOUT = httpx.Timeout(3, connect=1)


class ProviderError(Exception):
    """No answer, or an invalid one; the state of the charge is unknown."""


class Charge(Model):
    """A charge at the provider."""

    reference: str
    status: Literal["requires_action", "authorised", "captured", "declined", "voided"]
    """`authorised`: the money is held, or an invoice accepted; `voided`: no capture is possible any more."""
    action_url: str | None = None
    """Page at which the customer confirms the payment, for `requires_action`."""
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
    """Each method raises `ProviderError` and can be repeated."""

    def authorise(self, request: ChargeRequest) -> Charge: ...

    def find(self, reference: str) -> Charge | None: ...

    def capture(self, reference: str) -> Charge:
        """Capture an authorised charge; another charge stays unchanged."""
        ...

    def void(self, reference: str) -> Charge:
        """Void a charge that is not captured. After the void of an unknown reference its charge is refused."""
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
    """HTTP client of the process."""
    return httpx.Client(headers={"User-Agent": "web-store"})


class SwitchedOff:
    """The provider while the settings have it switched off: nothing is sent, and what is due is asked again later."""

    def authorise(self, request: ChargeRequest) -> Charge:
        raise self._refusal("authorise", request.reference)

    def find(self, reference: str) -> Charge | None:
        raise self._refusal("find", reference)

    def capture(self, reference: str) -> Charge:
        raise self._refusal("capture", reference)

    def void(self, reference: str) -> Charge:
        raise self._refusal("void", reference)

    def refund(self, reference: str, refund_id: str, amount_minor: int) -> Charge:  # noqa: ARG002
        raise self._refusal("refund", reference)

    @staticmethod
    def _refusal(operation: str, reference: str) -> ProviderError:
        logger.warning("payment provider is switched off", extra={"operation": operation, "payment_id": reference})
        return ProviderError("the payment provider is switched off")


def provider() -> Provider:
    """The provider of this environment."""
    url = setting(names.PAYMENT_PROVIDER_URL)
    if url == names.OFF:
        return SwitchedOff()
    return HttpProvider(url, optional(names.PAYMENT_PROVIDER_KEY), client())
