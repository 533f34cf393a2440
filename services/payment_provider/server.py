"""Routes of the simulated provider: API for the store, page for customers, list of charges for tests; and those of the
other simulated parties."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.common.bodies import Json
from services.common.paths import PathId, PathName
from services.common.problems import ProblemError, conflict, missing
from services.payment_provider import page, parties
from services.payment_provider.bodies import ChargeRefund, ChargeRequest, EmptyObject
from services.payment_provider.charges import Charges, RefundError
from services.payment_provider.held import TIMEOUT, TWICE, Held
from services.payment_provider.notices import Notice, Send, Signer
from services.payment_provider.shelves import Shelf
from services.payments.provider import Charge

# Longer than the read timeout of the store.
LATE_SECONDS = 10.0
# The page has no scripts and no resources.
_CSP = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
Nothing = Annotated[EmptyObject, Depends(Json(EmptyObject))]


@dataclass(frozen=True)
class Simulation:
    charges: Charges
    signer: Signer
    send: Send
    """Sends a notice to the store."""
    key: str | None
    """Secret that requests of the store must carry; None for no secret."""
    late_seconds: float
    """Delay of a late answer."""

    @classmethod
    def on(cls, shelf: Shelf, url: str, send: Send, *, key: str | None, late_seconds: float) -> "Simulation":
        """
        Args:
            url: URL of the provider itself, for links.
        """
        return cls(Charges(shelf, f"{url}/challenge/"), Signer(shelf.signing_key), send, key, late_seconds)

    def tell(self, held: Held) -> None:
        notice: Notice = self.signer.notice(held.charge.reference)
        for _ in range(2 if held.kind == TWICE else 1):
            self.send(notice)


Found = Callable[[], Simulation]
"""Gives the simulation, the same one each time."""


def routes(found: Found) -> APIRouter:
    """What the store and its customers ask for."""
    router = APIRouter()
    router.include_router(_for_the_store(found))
    router.include_router(_for_customers(found))
    router.include_router(parties.routes(lambda: found().late_seconds))
    return router


def _for_the_store(found: Found) -> APIRouter:
    router = APIRouter()

    def known(request: Request) -> None:
        key, shown = found().key, request.headers.get("authorization", "").encode()
        if key and not hmac.compare_digest(shown, f"Bearer {key}".encode()):
            raise ProblemError(401, "the request must carry the key of the store")

    @router.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        return found().signer.public

    @router.post("/charges", dependencies=[Depends(known)])
    def authorise(request: Annotated[ChargeRequest, Depends(Json(ChargeRequest))], later: BackgroundTasks) -> Charge:
        held, is_new = found().charges.authorise(request)
        if is_new:
            later.add_task(found().tell, held)
            if held.kind == TIMEOUT:
                Event().wait(found().late_seconds)
        return held.charge

    @router.get("/charges/{reference}", dependencies=[Depends(known)])
    def read(reference: PathId) -> Charge:
        return _found(found().charges.find(reference)).charge

    @router.post("/charges/{reference}/capture", dependencies=[Depends(known)])
    def capture(reference: PathId, _: Nothing, later: BackgroundTasks) -> Charge:
        return _told(found(), _found(found().charges.capture(reference)), later)

    @router.post("/charges/{reference}/void", dependencies=[Depends(known)])
    def void(reference: PathId, _: Nothing) -> Charge:
        return found().charges.void(reference).charge

    @router.post("/charges/{reference}/refunds", dependencies=[Depends(known)])
    def refund(
        reference: PathId, asked: Annotated[ChargeRefund, Depends(Json(ChargeRefund))], later: BackgroundTasks
    ) -> Charge:
        try:
            return _told(found(), _found(found().charges.refund(reference, asked.refund_id, asked.amount_minor)), later)
        except RefundError:
            raise conflict("too-much", "the refunds of a charge must not exceed what was captured") from None

    return router


def _for_customers(found: Found) -> APIRouter:
    router = APIRouter()

    @router.get("/challenge/{challenge}")
    def show(challenge: PathName) -> HTMLResponse:
        held = _found(found().charges.challenged(challenge))
        headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page.challenge(held), headers=headers)

    @router.post("/challenge/{challenge}")
    def answer(
        request: Request, challenge: PathName, answer: Annotated[Literal["approve", "refuse"], Form()]
    ) -> Response:
        asked = _found(found().charges.challenged(challenge))
        held = _found(found().charges.answer(asked.charge.reference, approved=answer == "approve"))
        # The store has the notice before the customer is back.
        found().tell(held)
        back = held.request.return_url if held.request else None
        return RedirectResponse(back or request.url.path, 303)

    return router


def for_tests(found: Found) -> APIRouter:
    """What nobody may ask for but tests: never behind the API."""
    router = APIRouter()

    @router.get("/charges")
    def listed() -> dict[str, Any]:
        shown = [
            {
                **held.charge.model_dump(include={"reference", "status", "captured_minor", "refunded_minor"}),
                **(
                    held.request.model_dump(include={"order_id", "method", "amount_minor", "currency"})
                    if held.request
                    else {}
                ),
            }
            for held in found().charges.latest()
        ]
        return {"charges": shown}

    @router.post("/charges/{reference}/pay")
    def pay(reference: PathId, later: BackgroundTasks) -> Charge:
        """A customer pays an invoice."""
        return _told(found(), _found(found().charges.capture(reference)), later)

    return router


def _found(held: Held | None) -> Held:
    if held is None:
        raise missing("charge")
    return held


def _told(simulation: Simulation, held: Held, later: BackgroundTasks) -> Charge:
    later.add_task(simulation.tell, held)
    return held.charge
