"""Answers of the service."""

from pydantic import BaseModel


class StoredAddress(BaseModel):
    address_id: str
    name: str
    line_1: str
    line_2: str
    postal_code: str
    city: str
    region: str
    country: str


class Consent(BaseModel):
    given: bool
    policy_version: str
    given_at: str
    """When the choice was made, a refusal too."""


class Profile(BaseModel):
    customer_id: str
    email: str
    locale: str
    given_name: str
    family_name: str
    phone_number: str
    """Empty where it is not known, like the names."""
    signed_up_at: str
    last_order_at: str | None
    """When an order of the customer last went a step."""
    addresses: list[StoredAddress]
    consents: dict[str, Consent]
    """By purpose."""


class Chat(BaseModel):
    locales: list[str]
    """Languages of the bot, the default first."""


class ChatReply(BaseModel):
    replies: list[str]
    asks: bool
    """Whether the bot waits for an answer."""
