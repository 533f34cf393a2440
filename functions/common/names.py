"""Names that program and functions share. This module imports nothing, so that both may import it."""

SERVICE = "STORE_SERVICE"
"""Name of the service."""
EVENT_SOURCE = "STORE_EVENT_SOURCE"
"""Source of the service's events: `store.<domain>`."""
BUS_NAME = "STORE_BUS_NAME"
DOMAIN_NAME = "STORE_DOMAIN_NAME"
"""Host name of the store."""
INBOX_QUEUE_URL = "STORE_INBOX_QUEUE_URL"
"""Queue of the events that the service receives."""
ORDERS_QUEUE_URL = "STORE_ORDERS_QUEUE_URL"
CONTACT_LIST = "STORE_CONTACT_LIST"
DAX_ENDPOINT = "STORE_DAX_ENDPOINT"
CACHE_ENDPOINT = "STORE_CACHE_ENDPOINT"
CACHE_PORT = "STORE_CACHE_PORT"
CACHE_NAME = "STORE_CACHE_NAME"
CACHE_USER = "STORE_CACHE_USER"

MARKETING_TOPIC = "marketing"
"""Topic of the contact list."""

EVENT_PREFIX = "EVENT#"
"""Prefix of the sort key of outbox items, before the event's id."""


def table_variable(table: str) -> str:
    """Variable that holds the name in AWS of a table: `STORE_ORDER_NOTES_TABLE` for `order-notes`."""
    return f"STORE_{_in_capitals(table)}_TABLE"


def dead_letter_variable(feed: str) -> str:
    """Variable that holds the URL of a feed's dead-letter queue."""
    return f"STORE_{_in_capitals(feed)}_DEAD_LETTER_URL"


def _in_capitals(name: str) -> str:
    return name.upper().replace("-", "_")
