"""Names on which the program and the code of functions agree. Imports nothing: both sides read it."""

SERVICE = "STORE_SERVICE"
EVENT_SOURCE = "STORE_EVENT_SOURCE"
BUS_NAME = "STORE_BUS_NAME"
INBOX_QUEUE_URL = "STORE_INBOX_QUEUE_URL"
ORDERS_QUEUE_URL = "STORE_ORDERS_QUEUE_URL"
CONTACT_LIST = "STORE_CONTACT_LIST"
DAX_ENDPOINT = "STORE_DAX_ENDPOINT"
CACHE_ENDPOINT = "STORE_CACHE_ENDPOINT"
CACHE_PORT = "STORE_CACHE_PORT"
CACHE_NAME = "STORE_CACHE_NAME"
CACHE_USER = "STORE_CACHE_USER"

EVENT_PREFIX = "EVENT#"
"""Sort keys of a table's outbox begin with it."""


def table_variable(table: str) -> str:
    """Variable with the name in AWS of a table of the settings."""
    return f"STORE_{_word(table)}_TABLE"


def dead_letter_variable(feed: str) -> str:
    """Variable with the URL of a feed's queue of dead letters."""
    return f"STORE_{_word(feed)}_DEAD_LETTER_URL"


def _word(name: str) -> str:
    return name.upper().replace("-", "_")
