"""Data classes of the fields of events, as in a record of processing activities."""

from typing import Literal

EventDataClass = Literal["operational", "catalogue", "identity", "contact", "consent", "order", "payment"]
"""`operational` describes the event itself, `identity` identifies a customer, `contact` is an address of one."""
