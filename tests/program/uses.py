"""What the declaration of each use means in AWS: a row for each setting, written without the product's classes.

A new use of services needs one row here and none elsewhere in these tests.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from settings.app_tier.microservice import DIRECT, Microservice
from settings.store import StoreSettings

Right = tuple[str, str, str]
"""Service of AWS, resource by its logical name, and way."""
Ways = Mapping[str, tuple[tuple[str, str], ...]]
"""Service of AWS to its actions that make a difference, each with its way, the strongest first."""

CONNECT = 15443


def _nothing(name: str, service: Microservice, store: StoreSettings) -> tuple[()]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """Asked of a service with its name and the whole settings."""

    connections: Callable[[str, Microservice, StoreSettings], Iterable[tuple[str, int]]] = _nothing
    """What it connects to, and the port."""
    rights: Callable[[str, Microservice, StoreSettings], Iterable[Right]] = _nothing
    ways: Ways = field(default_factory=dict)


def _dax(service: Microservice, store: StoreSettings) -> bool:
    return service.dax and store.data.dax.engine != "off"


def _is_function(service: str, store: StoreSettings) -> bool:
    return store.app_tier.services[service].runtime.kind == "lambda"


def _chat(service: Microservice, store: StoreSettings) -> bool:
    return service.chat and store.chat.engine.kind != "off"


def _location(service: Microservice, store: StoreSettings) -> list[Right]:
    engine = store.location.engine
    if service.location == "none" or not store.location.stores or engine.kind == "off":
        return []
    key, places = getattr(engine, "maps_key", None), getattr(engine, "places", None)
    return [
        *([("geo", f"api-key/web-store-location-maps-{store.environment.name}", "read")] if key else []),
        *([("geo-places", "provider/default", "find")] if places else []),
    ]


def _personalization(service: Microservice, store: StoreSettings) -> list[Right]:
    if not service.personalization or store.personalization.engine.kind == "off":
        return []
    asks = getattr(store.personalization.engine, "recommender", None)
    return [
        ("personalize", "*", "tell"),
        ("personalize", "personalization-items", "tell"),
        ("s3", "personalization-forget", "write"),
        *([("personalize", f"personalization-{what}", "ask") for what in ("for-you", "bought")] if asks else []),
    ]


def _search(service: Microservice, store: StoreSettings) -> bool:
    return service.search != "none" and store.search.engine.kind != "off"


USES: dict[str, Meaning] = {
    "tables": Meaning(
        rights=lambda _, service, __: {("dynamodb", f"data-{table}", way) for table, way in service.tables.items()},
        ways={
            "dynamodb": (
                ("dynamodb:PutItem", "write"),
                ("dynamodb:Scan", "scan"),
                ("dynamodb:GetItem", "read"),
                ("dynamodb:GetRecords", "stream"),
            )
        },
    ),
    "dax": Meaning(
        connections=lambda _, service, store: [("data-dax", 9111)] if _dax(service, store) else [],
        rights=lambda _, service, store: [("dax", "data-dax", "read")] if _dax(service, store) else [],
        ways={"dax": (("dax:GetItem", "read"),)},
    ),
    "cache": Meaning(
        connections=lambda _, service, __: [("data-cache", 6379)] if service.cache else [],
        rights=lambda _, service, __: [("elasticache", "data-cache", "connect")] if service.cache else [],
        ways={"elasticache": (("elasticache:Connect", "connect"),)},
    ),
    "search": Meaning(
        connections=lambda _, service, store: [("search-domain", 443)] if _search(service, store) else [],
        rights=lambda _, service, store: [("es", "search-domain", "read")] if _search(service, store) else [],
        ways={"es": (("es:ESHttpPut", "administer"), ("es:ESHttpPost", "read"))},
    ),
    "files": Meaning(
        connections=lambda _, service, __: [("files", 2049)] if service.files != "none" else [],
        rights=lambda _, service, __: (
            [("elasticfilesystem", "files", service.files)] if service.files != "none" else []
        ),
        ways={
            "elasticfilesystem": (("elasticfilesystem:ClientWrite", "write"), ("elasticfilesystem:ClientMount", "read"))
        },
    ),
    "emits": Meaning(
        rights=lambda _, service, __: [("events", "events", "put")] if DIRECT in service.emits.values() else [],
        ways={"events": (("events:PutEvents", "put"),)},
    ),
    "consumes": Meaning(
        rights=lambda name, service, _: [("sqs", f"app-{name}-inbox", "receive")] if service.consumes else [],
        ways={"sqs": (("sqs:ReceiveMessage", "receive"),)},
    ),
    "calls": Meaning(
        connections=lambda _, service, store: [
            (f"app-{callee}", CONNECT) for callee in service.calls if not _is_function(callee, store)
        ],
        rights=lambda _, service, store: {
            ("lambda", f"app-{callee}", "invoke") for callee in service.calls if _is_function(callee, store)
        },
        ways={"lambda": (("lambda:InvokeFunction", "invoke"),)},
    ),
    "orders": Meaning(
        rights=lambda _, service, __: [
            ("sqs", "orders", {"send": "send", "take": "receive"}[way]) for way in {service.orders} - {"none"}
        ],
        ways={"sqs": (("sqs:ReceiveMessage", "receive"), ("sqs:SendMessage", "send"))},
    ),
    "fraud": Meaning(
        rights=lambda _, service, store: (
            [
                ("dynamodb", "fraud-counters", "write"),
                ("dynamodb", "fraud-decisions", "write"),
                ("kms", "fraud-identifiers", "hash"),
                *([("sagemaker", "endpoint", "ask")] if getattr(store.fraud.engine, "model", None) else []),
                *([("frauddetector", "detector", "ask")] if getattr(store.fraud.engine, "detector", None) else []),
            ]
            if service.fraud and store.fraud.engine.kind != "off"
            else []
        ),
        ways={
            "kms": (("kms:GenerateMac", "hash"),),
            "frauddetector": (("frauddetector:GetEventPrediction", "ask"),),
            "sagemaker": (("sagemaker:InvokeEndpoint", "ask"),),
        },
    ),
    "chat": Meaning(
        rights=lambda _, service, store: [("lex", "bot-alias", "ask")] if _chat(service, store) else [],
        ways={"lex": (("lex:RecognizeText", "ask"),)},
    ),
    "location": Meaning(
        rights=lambda _, service, store: _location(service, store),
        ways={"geo": (("geo:DescribeKey", "read"),), "geo-places": (("geo-places:Geocode", "find"),)},
    ),
    "personalization": Meaning(
        rights=lambda _, service, store: _personalization(service, store),
        ways={
            "personalize": (
                ("personalize:PutEvents", "tell"),
                ("personalize:PutItems", "tell"),
                ("personalize:GetRecommendations", "ask"),
            ),
            "s3": (("s3:PutObject", "write"),),
        },
    ),
    "deliveries": Meaning(
        rights=lambda _, service, store: (
            [("sqs", "location-deliveries", "receive")]
            if service.deliveries != "none" and getattr(store.location.engine, "tracking", None)
            else []
        ),
        ways={"sqs": (("sqs:ReceiveMessage", "receive"),)},
    ),
    "engagement": Meaning(
        rights=lambda _, service, store: (
            {
                "none": [],
                # The sender's address bounds it, whoever receives.
                "send": [("ses", "identity/*", "send"), ("ses", "engagement", "send")],
                "follow": [("sqs", "engagement-feedback", "receive")],
            }[service.engagement]
            if store.engagement.engine.kind != "off"
            else []
        ),
        ways={"ses": (("ses:SendEmail", "send"),)},
    ),
    # Keys are public, and so is the way to them: `reach_internet`, or `network.payment_egress`.
    "callers": Meaning(),
    "third_parties": Meaning(),
    # At the store's own address, by the way to the internet.
    "simulated_provider": Meaning(),
    "simulated_parties": Meaning(),
    "checkout": Meaning(),
    "contact_list": Meaning(
        rights=lambda _, service, __: [("ses", "app-contacts", "contacts")] if service.contact_list else [],
        ways={"ses": (("ses:CreateContact", "contacts"),)},
    ),
    "accounts": Meaning(
        rights=lambda _, service, __: [("cognito-idp", "identity", "delete")] if service.accounts == "delete" else [],
        ways={"cognito-idp": (("cognito-idp:AdminDeleteUser", "delete"),)},
    ),
    "feeds": Meaning(
        # One right, whatever engine carries the feed; its queue of dead letters is part of it.
        rights=lambda _, service, __: {("feed", feed, "consume") for feed in service.feeds},
        ways={
            "kafka": (("kafka:GetBootstrapBrokers", "consume"),),
            "kafka-cluster": (
                ("kafka-cluster:ReadData", "consume"),
                ("kafka-cluster:WriteData", "consume"),
                ("kafka-cluster:Connect", "consume"),
                ("kafka-cluster:DescribeGroup", "consume"),
            ),
            "kinesis": (("kinesis:GetRecords", "consume"),),
            "sqs": (("sqs:SendMessage", "send"),),
        },
    ),
}


def all_ways() -> dict[str, tuple[tuple[str, str], ...]]:
    """Ways of every use by service of AWS."""
    found: dict[str, dict[str, str]] = {}
    for meaning in USES.values():
        for service, ways in meaning.ways.items():
            found.setdefault(service, {}).update(ways)
    return {service: tuple(ways.items()) for service, ways in found.items()}
