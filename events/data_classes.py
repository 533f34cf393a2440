"""What kinds of data the fields of events belong to, in the words of a record of processing."""

from typing import Literal

EventDataClass = Literal["operational", "catalogue", "identity", "contact", "consent", "order", "payment"]
"""`operational` is about the event itself, `identity` names a customer, `contact` reaches one."""
