"""The app `customers`: every route is about the customer whose token it is called with."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Response

from functions.common.model import Id, Model, Moment, timestamp
from functions.common.outbox import TryAgainError
from services.common.app import make, reads
from services.common.bodies import Address, ChatMessage, ConsentChange, CustomerProfile, Json
from services.common.identity import Customer, Scope
from services.common.inbox import Subscription
from services.common.problems import conflict, missing
from services.customers.answers import Chat, ChatReply, Consent, Profile, StoredAddress
from services.customers.chat import bot
from services.customers.record import Record, TooManyAddressesError, note_order

_ATTEMPTS = 3

AddressId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Writer = Annotated[Customer, Depends(Scope("customers.write"))]

api = APIRouter()


@api.get("/me")
def read(customer: Annotated[Customer, Depends(Scope("customers.read"))]) -> Profile:
    return _profile(_record(customer))


@api.put("/me")
def change(customer: Writer, asked: Annotated[CustomerProfile, Depends(Json(CustomerProfile))]) -> Profile:
    _changed(customer, lambda record: record.change(asked))
    return _profile(_record(customer))


@api.delete("/me", status_code=204)
def erase(customer: Writer) -> None:
    for _ in range(_ATTEMPTS):
        record = Record.read(customer.customer_id)
        if record is None or record.erase():
            return
    raise TryAgainError


@api.put("/me/addresses/{address_id}")
def put_address(
    customer: Writer,
    address_id: AddressId,
    address: Annotated[Address, Depends(Json(Address))],
    response: Response,
) -> StoredAddress:
    try:
        before = _changed(customer, lambda record: record.put_address(address_id, address))
    except TooManyAddressesError:
        raise conflict("too-many-addresses", "a customer has at most 10 addresses: delete one") from None
    if address_id not in before.addresses:
        response.status_code = 201
    return StoredAddress(address_id=address_id, **address.model_dump())


@api.delete("/me/addresses/{address_id}", status_code=204)
def delete_address(customer: Writer, address_id: AddressId) -> None:
    _changed(customer, lambda record: record.delete_address(address_id))


@api.put("/me/consents")
def choose(customer: Writer, asked: Annotated[ConsentChange, Depends(Json(ConsentChange))]) -> dict[str, Consent]:
    _changed(customer, lambda record: record.choose(asked))
    return _consents(_record(customer))


@api.get("/me/chat")
def chat(_customer: Annotated[Customer, Depends(Scope("customers.read"))]) -> Chat:
    return Chat(locales=list(bot().locales))


@api.post("/me/chat")
def tell(customer: Writer, asked: Annotated[ChatMessage, Depends(Json(ChatMessage))]) -> ChatReply:
    return ChatReply(**bot().tell(customer, asked.text, asked.locale))


def _changed(customer: Customer, change: Callable[[Record], bool]) -> Record:
    """The record as it was before the change."""
    for _ in range(_ATTEMPTS):
        record = _record(customer)
        if change(record):
            return record
    raise TryAgainError


def _record(customer: Customer) -> Record:
    record = Record.read(customer.customer_id)
    if record is None:
        raise missing("customer")
    return record


def _profile(record: Record) -> Profile:
    kept = record.profile
    return Profile(
        customer_id=record.customer_id,
        email=kept["email"],
        locale=kept["locale"],
        given_name=kept.get("given_name", ""),
        family_name=kept.get("family_name", ""),
        phone_number=kept.get("phone_number", ""),
        signed_up_at=kept["signed_up_at"],
        last_order_at=kept.get("last_order_at"),
        addresses=[StoredAddress(address_id=key, **item) for key, item in record.addresses.items()],
        consents=_consents(record),
    )


def _consents(record: Record) -> dict[str, Consent]:
    return {purpose: Consent(**item) for purpose, item in record.consents.items()}


class _StatusChanged(Model):
    customer_id: Id | None = None
    changed_at: Moment


def _follow(changed: _StatusChanged) -> None:
    if changed.customer_id is not None:
        note_order(changed.customer_id, timestamp(changed.changed_at))


def app() -> FastAPI:
    return make(
        "customers",
        {"/api/customers": api},
        ready={"table customers": reads("customers", customer_id="-", item="-")},
        subscriptions={"order.status-changed": Subscription(_StatusChanged, _follow)},
    )
