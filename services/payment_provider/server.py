"""App of the simulated provider: API for the store, page for customers, list of charges for tests."""

import hmac
from dataclasses import dataclass
from threading import Event
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from services.payment_provider import page
from services.payment_provider.charges import TIMEOUT, TWICE, Charges, Held, RefundError
from services.payment_provider.notices import Notice, Send, Signer
from services.payments.provider import Charge, ChargeRequest

# Longer than the read timeout of the store.
LATE_SECONDS = 10.0
# The page has no scripts and no resources.
_CSP = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class Refund(BaseModel):
    refund_id: Annotated[str, Field(min_length=1, max_length=64)]
    amount_minor: Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Simulation:
    """
    Args:
        send: Sends a notice to the store.
        key: Secret that requests of the store must carry; None for no secret.
        late_seconds: Delay of a late answer.
    """

    charges: Charges
    signer: Signer
    send: Send
    key: str | None
    late_seconds: float

    def tell(self, held: Held) -> None:
        notice: Notice = self.signer.notice(held.charge.reference)
        for _ in range(2 if held.kind == TWICE else 1):
            self.send(notice)


def app(url: str, send: Send, *, key: str | None = None, late_seconds: float = LATE_SECONDS) -> FastAPI:
    """
    Args:
        url: URL of the app itself, for links.
    """
    simulation = Simulation(Charges(f"{url}/challenge/"), Signer(), send, key, late_seconds)
    made = FastAPI(title="payment provider", openapi_url=None, docs_url=None, redoc_url=None)
    made.include_router(_for_the_store(simulation))
    made.include_router(_for_customers(simulation))
    made.include_router(_for_tests(simulation))
    return made


def _for_the_store(simulation: Simulation) -> APIRouter:
    charges = simulation.charges
    router = APIRouter()

    def known(request: Request) -> None:
        shown = request.headers.get("authorization", "").encode()
        if simulation.key and not hmac.compare_digest(shown, f"Bearer {simulation.key}".encode()):
            raise HTTPException(401)

    @router.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        return simulation.signer.public

    @router.post("/charges", dependencies=[Depends(known)])
    def authorise(request: ChargeRequest, later: BackgroundTasks) -> Charge:
        held, is_new = charges.authorise(request)
        if is_new:
            later.add_task(simulation.tell, held)
            if held.kind == TIMEOUT:
                Event().wait(simulation.late_seconds)
        return held.charge

    @router.get("/charges/{reference}", dependencies=[Depends(known)])
    def read(reference: str) -> Charge:
        return _found(charges.find(reference)).charge

    @router.post("/charges/{reference}/capture", dependencies=[Depends(known)])
    def capture(reference: str, later: BackgroundTasks) -> Charge:
        return _told(simulation, _found(charges.capture(reference)), later)

    @router.post("/charges/{reference}/void", dependencies=[Depends(known)])
    def void(reference: str) -> Charge:
        return charges.void(reference).charge

    @router.post("/charges/{reference}/refunds", dependencies=[Depends(known)])
    def refund(reference: str, asked: Refund, later: BackgroundTasks) -> Charge:
        try:
            return _told(simulation, _found(charges.refund(reference, asked.refund_id, asked.amount_minor)), later)
        except RefundError:
            raise HTTPException(409, "more than was captured") from None

    return router


def _for_customers(simulation: Simulation) -> APIRouter:
    router = APIRouter()

    @router.get("/challenge/{challenge}")
    def show(challenge: str) -> HTMLResponse:
        held = _found(simulation.charges.challenged(challenge))
        headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page.challenge(held), headers=headers)

    @router.post("/challenge/{challenge}")
    def answer(challenge: str, answer: Annotated[Literal["approve", "refuse"], Form()]) -> Response:
        asked = _found(simulation.charges.challenged(challenge))
        held = simulation.charges.answer(asked.charge.reference, approved=answer == "approve")
        # The store has the notice before the customer is back.
        simulation.tell(held)
        back = held.request.return_url if held.request else None
        return RedirectResponse(back or f"/challenge/{challenge}", 303)

    return router


def _for_tests(simulation: Simulation) -> APIRouter:
    router = APIRouter(prefix="/admin")

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
            for held in simulation.charges.all()
        ]
        return {"charges": shown}

    @router.post("/charges/{reference}/pay")
    def pay(reference: str, later: BackgroundTasks) -> Charge:
        """A customer pays an invoice."""
        return _told(simulation, _found(simulation.charges.capture(reference)), later)

    return router


def _found(held: Held | None) -> Held:
    if held is None:
        raise HTTPException(404)
    return held


def _told(simulation: Simulation, held: Held, later: BackgroundTasks) -> Charge:
    later.add_task(simulation.tell, held)
    return held.charge
