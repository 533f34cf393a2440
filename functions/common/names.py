"""Names that program and functions share. This module imports nothing, so that both may import it."""

SERVICE = "STORE_SERVICE"
"""Name of the service."""
EVENT_SOURCE = "STORE_EVENT_SOURCE"
"""Source of the service's events: `store.<domain>`."""
PORT = "STORE_PORT"
"""Port of the container that takes requests."""
TOKEN_ISSUER = "STORE_TOKEN_ISSUER"
"""Issuer of tokens; its keys are at `<issuer>/.well-known/jwks.json`."""
PAYMENT_PROVIDER_URL = "STORE_PAYMENT_PROVIDER_URL"
"""Base URL of the payment provider."""
PAYMENT_PROVIDER_KEY = "STORE_PAYMENT_PROVIDER_KEY"
"""Secret that the store shows to the payment provider, as bearer; a provider may do without."""
STORE_URL = "STORE_STORE_URL"
"""URL of the store, as customers write it: without a path."""
API_URL = "STORE_API_URL"
"""URL of the API, at its own host. Calls bear the key, the customer's token, and `CLIENT_HEADER`."""
API_KEY = "STORE_API_KEY"
"""Key that calls of the API bear as `x-api-key`, from a secret."""
SIGN_IN_URL = "STORE_SIGN_IN_URL"
"""URL of the sign-in pages, `/oauth2/authorize`, `/oauth2/token` and `/logout` below it."""
CLIENT_ID = "STORE_CLIENT_ID"
"""The user interface's app client of the user pool."""
BUS_NAME = "STORE_BUS_NAME"
"""Bus of those events that the service puts itself."""
DOMAIN_NAME = "STORE_DOMAIN_NAME"
"""Host name of the store."""
INBOX_QUEUE_URL = "STORE_INBOX_QUEUE_URL"
"""Queue of the events that the service receives."""
ORDERS_QUEUE_URL = "STORE_ORDERS_QUEUE_URL"
"""FIFO queue of the order management system."""
CONTACT_LIST = "STORE_CONTACT_LIST"
"""Contact list of SES."""
USER_POOL_ID = "STORE_USER_POOL_ID"
"""User pool with the customers' accounts."""
DAX_ENDPOINT = "STORE_DAX_ENDPOINT"
"""Cluster endpoint of DAX, `daxs://` and the host name."""
CACHE_ENDPOINT = "STORE_CACHE_ENDPOINT"
"""Host name of the cache: Valkey in cluster mode, over TLS."""
CACHE_PORT = "STORE_CACHE_PORT"
"""Its port."""
CACHE_NAME = "STORE_CACHE_NAME"
"""Name that the IAM token of a connection is for: of the replication group, or of the serverless cache."""
CACHE_USER = "STORE_CACHE_USER"
"""User of the cache; its password is an IAM token."""
FRAUD_ENGINE = "STORE_FRAUD_ENGINE"
"""Engine that scores payments, as JSON (`functions.common.fraud.engine.Engine`); not set where there is none."""
FRAUD_COUNTERS_TABLE = "STORE_FRAUD_COUNTERS_TABLE"
"""Table of its counters."""
FRAUD_DECISIONS_TABLE = "STORE_FRAUD_DECISIONS_TABLE"
"""Table of its decisions."""
FRAUD_MAC_KEY = "STORE_FRAUD_MAC_KEY"
"""ARN of the KMS key of its keyed hashes."""
METRICS_NAMESPACE = "STORE_METRICS_NAMESPACE"
"""Namespace of metrics that a service writes into its log."""

MARKETING_TOPIC = "marketing"
"""Topic of the contact list."""
OUTBOX_DEAD_LETTER_URL = "STORE_OUTBOX_DEAD_LETTER_URL"
"""Queue of the items of an outbox that are no events."""
OUTBOX_EVENTS = "STORE_OUTBOX_EVENTS"
"""Source to detail types of the events of an outbox, as JSON."""
WATCHED = "STORE_WATCHED"
"""Names of `pipes` and UUIDs of event source `mappings`, as JSON."""

SEARCH_ENDPOINT = "STORE_SEARCH_ENDPOINT"
"""URL of the search engine, without a path."""
SEARCH_SIGNED_FOR = "STORE_SEARCH_SIGNED_FOR"
"""Service in the signatures of its requests: `es` or `aoss`."""
SEARCH_INDEX = "STORE_SEARCH_INDEX"
"""Index that is filled; readers ask for the alias `products`."""
SEARCH_COPIES = "STORE_SEARCH_COPIES"
"""Copies of the index beside the first."""
SEARCH_FILLS = "STORE_SEARCH_FILLS"
"""`true` where the function that makes the index fills it, too; `false` where a pipeline does."""
SEARCH_ROLES = "STORE_SEARCH_ROLES"
"""ARNs of the roles that are `reader` and `writer` of the index, as JSON."""
METRICS_NAMESPACE = "STORE_METRICS_NAMESPACE"
"""Namespace of the store's own metrics."""

SEARCHED_ITEM = "CATEGORY#*"
"""Sort key of the items of the table of products that are documents of the search."""
UNSEARCHED_ATTRIBUTES = ("item", "category_id")
"""Attributes of such an item that are not in its document."""

CLIENT_HEADER = "X-Store-Client"
"""Header with the customer's address, by which web ACLs count. CloudFront overwrites any value that the customer sent,
and the web tier passes it on when it calls the API."""

CALLER_HEADER = "X-Store-Caller"
"""Header with the ARN of the role that signed a request. API Gateway sets it on routes of machines (`auth: iam`) and
empties it on all others, so that no customer's request passes for one."""

FUNCTION_SUFFIX = "_FUNCTION"
"""How such variables end."""
EVENT_PREFIX = "EVENT#"
"""Prefix of the sort key of outbox items, before the event's id."""


def table_variable(table: str) -> str:
    """Variable that holds the name in AWS of a table: `STORE_ORDER_NOTES_TABLE` for `order-notes`."""
    return f"STORE_{_in_capitals(table)}_TABLE"


def function_variable(service: str) -> str:
    """Variable that holds the name in AWS of a called service that is a function."""
    return f"STORE_{_in_capitals(service)}_FUNCTION"


def dead_letter_variable(feed: str) -> str:
    """Variable that holds the URL of a feed's dead-letter queue."""
    return f"STORE_{_in_capitals(feed)}_DEAD_LETTER_URL"


def _in_capitals(name: str) -> str:
    return name.upper().replace("-", "_")
