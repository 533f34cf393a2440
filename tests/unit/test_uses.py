"""What a service may use: each kind answers for itself, with what the owner of the thing gives."""

import ast
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

import settings.app_tier.uses as package
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses import KINDS, Bounds, Use, User, in_network
from settings.app_tier.uses.accounts import AccountsUse
from settings.app_tier.uses.cache import CacheUse
from settings.app_tier.uses.calls import CallUse
from settings.app_tier.uses.chat import ChatUse
from settings.app_tier.uses.checkout import CheckoutUse
from settings.app_tier.uses.consumes import InboxUse
from settings.app_tier.uses.contact_list import ContactListUse
from settings.app_tier.uses.dax import DaxUse
from settings.app_tier.uses.deliveries import DeliveriesUse
from settings.app_tier.uses.emits import EmitUse
from settings.app_tier.uses.engagement import EngagementUse
from settings.app_tier.uses.feeds import FeedUse
from settings.app_tier.uses.files import FilesUse
from settings.app_tier.uses.fraud import FraudUse
from settings.app_tier.uses.location import LocationUse
from settings.app_tier.uses.orders import OrdersUse
from settings.app_tier.uses.personalization import PersonalizationUse
from settings.app_tier.uses.search import SearchUse
from settings.app_tier.uses.simulated_parties import SimulatedPartyUse
from settings.app_tier.uses.simulated_provider import SimulatedProviderUse
from settings.app_tier.uses.tables import TableUse
from settings.app_tier.uses.third_parties import ThirdPartyUse
from settings.app_tier.uses.tokens import TokenUse
from settings.checkout import CheckoutSettings
from tests.program.uses import USES

NO_USES = {
    "runtime",
    "boundary",
    "domain",
    "scopes",
    "trigger",
    "routes",
    "latency_alarm_ms",
    "queue_age_alarm_minutes",
}
"""Fields of an entry that say what the service is or serves."""
SHARED = "must be left out: it is shared with services outside the payment boundary"
BOTH = {"fargate", "lambda"}
TASKS = User(label="things", domain="goods", name="app-things", tasks=True)
FUNCTION = User(label="things", domain="goods", name="app-things", tasks=False)


class Owner(SimpleNamespace):
    """Answers what is asked of it with the question."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("grant_", "consume", "volume")):
            raise AttributeError(name)
        return lambda *given, **named: f"{self.of}.{name}({', '.join(map(str, [*given, *named.values()]))})"


OWNERS: dict[str, Any] = {
    "data": Owner(
        table=lambda name: Owner(of=name, table_name=f"data-{name}"),
        cache=Owner(of="cache", variables={"STORE_CACHE_NAME": "data-cache"}),
        dax=Owner(of="dax", endpoint="daxs://data"),
    ),
    "events": Owner(of="events", bus_name="bus"),
    "inboxes": {"things": Owner(of="inbox", queue_url="https://inbox", queue_arn="arn:inbox")},
    "orders": Owner(of="orders", queue_url="https://orders", queue_arn="arn:orders", taken=True),
    "feeds": Owner(feed=lambda name: Owner(of=name, dead_letter_url=f"https://{name}-dead")),
    "files": Owner(of="files"),
    "contact_lists": Owner(of="lists"),
    "services": {"orders": Owner(of="orders", function_name="app-orders-1")},
    "search": Owner(of="search", engine="domain", variables={"STORE_SEARCH_ENDPOINT": "https://search"}),
    "fraud": Owner(of="fraud", variables={"STORE_FRAUD_ENGINE": "{}"}, table_arns=["arn:decisions"], bounds=["hash"]),
    "chat": Owner(of="chat", variables={"STORE_CHAT_BOT": "bot/alias"}),
    "engagement": Owner(of="messages", variables={"STORE_MAIL_FROM": "shop"}, feedback_queue_arn="arn:feedback"),
    "location": Owner(of="location", variables={"STORE_STORES": "{}"}, asks=True, delivery_queue_arn="arn:deliveries"),
    "personalization": Owner(of="personalization", variables={"STORE_TRACKING_ID": "tracker"}),
    "simulated_provider": Owner(
        of="provider", url_of="https://store/{}".format, store_url="https://store", key="version"
    ),
    "checkout": CheckoutSettings(unanswered="rates"),
    "third_parties": Owner(
        parties={"payment": SimpleNamespace(kind="payment")},
        url_of={"payment": "https://api.payments.example.com/v1"}.get,
    ),
    "identity": Owner(of="identity", issuer_url="https://issuer/pool", user_pool_id="eu-west-1_pool"),
}
RUNNING = SimpleNamespace(consume=lambda *given: f"consume{given}", function_name="f", batch_size=50)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A kind of use: how an entry declares it, and what follows."""

    entry: dict[str, Any]
    uses: Sequence[Use]
    variables: dict[str, str] = field(default_factory=dict)
    """Of tasks."""
    secrets: dict[str, str] = field(default_factory=dict)
    grants: Sequence[str] = ()
    volumes: Sequence[str] = ()
    sources: Sequence[str] = ()
    payment_problem: str | None = SHARED
    runtimes: set[str] = field(default_factory=lambda: BOTH)
    task_endpoints: tuple[str, ...] = ()
    function_endpoints: tuple[str, ...] = ()


CASES: dict[str, Case] = {
    "tables": Case(
        entry={"tables": {"order-lines": "read", "carts": "write"}},
        uses=[TableUse("carts", "write"), TableUse("order-lines", "read")],
        variables={"STORE_CARTS_TABLE": "data-carts", "STORE_ORDER_LINES_TABLE": "data-order-lines"},
        grants=["carts.grant_read_write(role)", "order-lines.grant_read(role)"],
        payment_problem=None,
    ),
    "tables that are scanned": Case(
        entry={"tables": {"orders": "scan"}},
        uses=[TableUse("orders", "scan")],
        variables={"STORE_ORDERS_TABLE": "data-orders"},
        grants=["orders.grant_scan(role)"],
        payment_problem="must be `read` or `write`: the bounds of payment roles allow reads by key and query only",
    ),
    "dax": Case(
        entry={"dax": True},
        uses=[DaxUse()],
        variables={"STORE_DAX_ENDPOINT": "daxs://data"},
        grants=["dax.grant_read(role)"],
    ),
    "cache": Case(
        entry={"cache": True},
        uses=[CacheUse()],
        variables={"STORE_CACHE_NAME": "data-cache"},
        grants=["cache.grant_connect(role)"],
    ),
    "search": Case(
        entry={"search": "read"},
        uses=[SearchUse()],
        variables={"STORE_SEARCH_ENDPOINT": "https://search"},
        grants=["search.grant_read(role)"],
    ),
    "files": Case(
        entry={"files": "read"},
        uses=[FilesUse("read")],
        grants=["files.grant_read(role, app)"],
        volumes=["files.volume(app)"],
        runtimes={"fargate"},
    ),
    "files that are written": Case(
        entry={"files": "write"},
        uses=[FilesUse("write")],
        grants=["files.grant_write(role)"],
        volumes=["files.volume(app)"],
        runtimes={"fargate"},
    ),
    "emits": Case(
        entry={
            "emits": {"payment.settled": "direct", "payment.failed": "direct", "order.placed": "orders"},
            "tables": {"orders": "write"},
        },
        uses=[EmitUse(("payment.failed", "payment.settled"))],
        variables={"STORE_BUS_NAME": "bus"},
        grants=["events.grant_emit(role, goods, ('payment.failed', 'payment.settled'))"],
        payment_problem=None,
        task_endpoints=("events",),
        function_endpoints=("events",),
    ),
    "consumes": Case(
        entry={"consumes": ["order.placed"]},
        uses=[InboxUse()],
        variables={"STORE_INBOX_QUEUE_URL": "https://inbox"},
        grants=["inbox.grant_receive(role)"],
        sources=["consume('app-things-inbox', 'arn:inbox', 'options')"],
        payment_problem=None,
        task_endpoints=("sqs",),
    ),
    "calls": Case(
        entry={"calls": ["carts", "orders"]},
        uses=[CallUse("carts"), CallUse("orders")],
        variables={"STORE_ORDERS_FUNCTION": "app-orders-1"},
        grants=["orders.grant_invoke(role)"],
        payment_problem=None,
    ),
    "orders": Case(
        entry={"orders": "send"},
        uses=[OrdersUse("send")],
        variables={"STORE_ORDERS_QUEUE_URL": "https://orders"},
        grants=["orders.grant_send(role)"],
        task_endpoints=("sqs",),
        function_endpoints=("sqs",),
    ),
    "orders that are taken": Case(
        entry={"orders": "take"},
        uses=[OrdersUse("take")],
        variables={"STORE_ORDERS_QUEUE_URL": "https://orders"},
        grants=["orders.grant_receive(role)"],
        sources=["consume('app-things-orders', 'arn:orders', 'options')"],
        task_endpoints=("sqs",),
        function_endpoints=("sqs",),
    ),
    "contact_list": Case(
        entry={"contact_list": "news"},
        uses=[ContactListUse("news")],
        variables={"STORE_CONTACT_LIST": "news"},
        grants=["lists.grant_write(news, role, app-things-contacts)"],
    ),
    "accounts": Case(
        entry={"accounts": "delete"},
        uses=[AccountsUse("delete")],
        variables={"STORE_USER_POOL_ID": "eu-west-1_pool"},
        grants=["identity.grant_delete_accounts(role)"],
    ),
    "callers": Case(
        entry={"routes": [{"auth": "things.read"}, {"path": "/all", "auth": "public"}]},
        uses=[TokenUse()],
        variables={"STORE_TOKEN_ISSUER": "https://issuer/pool"},
        payment_problem=None,
    ),
    "third_parties": Case(
        entry={"third_parties": ["payment"], "boundary": "payment"},
        uses=[ThirdPartyUse("payment")],
        variables={"STORE_PAYMENT_PROVIDER_URL": "https://api.payments.example.com/v1"},
        payment_problem=None,
    ),
    "checkout": Case(
        entry={"checkout": True},
        uses=[CheckoutUse()],
        variables={"STORE_CHECKOUT": CheckoutSettings(unanswered="rates").model_dump_json()},
    ),
    "simulated_parties": Case(
        entry={"simulated_parties": ["shipping", "tax"]},
        uses=[SimulatedPartyUse("shipping"), SimulatedPartyUse("tax")],
        variables={"STORE_SHIPPING_URL": "https://store/shipping", "STORE_TAX_URL": "https://store/tax"},
    ),
    "fraud": Case(
        entry={"fraud": True, "boundary": "payment"},
        uses=[FraudUse()],
        variables={"STORE_FRAUD_ENGINE": "{}"},
        grants=["fraud.grant_score(role)"],
        payment_problem=None,
    ),
    "chat": Case(
        entry={"chat": True},
        uses=[ChatUse()],
        variables={"STORE_CHAT_BOT": "bot/alias"},
        grants=["chat.grant_ask(role)"],
    ),
    "location": Case(
        entry={"location": "find"},
        uses=[LocationUse()],
        variables={"STORE_STORES": "{}"},
        grants=["location.grant_find(role)"],
    ),
    "personalization": Case(
        entry={"personalization": True},
        uses=[PersonalizationUse()],
        variables={"STORE_TRACKING_ID": "tracker"},
        grants=["personalization.grant_recommend(role)"],
    ),
    "deliveries": Case(
        entry={"deliveries": "follow"},
        uses=[DeliveriesUse()],
        grants=["location.grant_follow(role)"],
        sources=["consume('app-things-deliveries', 'arn:deliveries', 'options')"],
        runtimes={"lambda"},
    ),
    "engagement": Case(
        entry={"engagement": "send"},
        uses=[EngagementUse("send")],
        variables={"STORE_MAIL_FROM": "shop"},
        grants=["messages.grant_send(role)"],
        runtimes={"lambda"},
    ),
    "engagement that is followed": Case(
        entry={"engagement": "follow"},
        uses=[EngagementUse("follow")],
        grants=["messages.grant_follow(role)"],
        sources=["consume('app-things-feedback', 'arn:feedback', 'options')"],
        runtimes={"lambda"},
    ),
    "simulated_provider": Case(
        entry={"simulated_provider": "call", "boundary": "payment"},
        uses=[SimulatedProviderUse("call")],
        variables={"STORE_PAYMENT_PROVIDER_URL": "https://store/payment"},
        secrets={"STORE_PAYMENT_PROVIDER_KEY": "version"},
        payment_problem=None,
        runtimes={"fargate"},
        task_endpoints=("secretsmanager",),
        function_endpoints=("secretsmanager",),
    ),
    "simulated_provider that is served": Case(
        entry={"simulated_provider": "serve"},
        uses=[SimulatedProviderUse("serve")],
        variables={"STORE_STORE_URL": "https://store"},
        secrets={"STORE_PAYMENT_PROVIDER_KEY": "version"},
        payment_problem="must not be served inside the payment boundary: a provider is somebody else's",
        runtimes={"fargate"},
        task_endpoints=("secretsmanager",),
        function_endpoints=("secretsmanager",),
    ),
    "feeds": Case(
        entry={"feeds": ["order-status"]},
        uses=[FeedUse("order-status")],
        variables={"STORE_ORDER_STATUS_DEAD_LETTER_URL": "https://order-status-dead"},
        grants=["order-status.grant_consume(role)"],
        sources=["order-status.consume(things, f, 50)"],
        runtimes={"lambda"},
        task_endpoints=("sqs",),
        function_endpoints=("sqs",),
    ),
}
EVERY = pytest.mark.parametrize(
    ("setting", "case"), [(label.partition(" ")[0], case) for label, case in CASES.items()], ids=CASES.keys()
)
KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def entry(**declared: Any) -> Microservice:
    runtime = {"kind": "lambda", "code": "order_relay"}
    return Microservice.model_validate_json(json.dumps({"runtime": runtime, **declared}))


def declared(setting: str, case: Case) -> list[Use]:
    service = entry(**case.entry)
    return [use for kind in KINDS if kind.setting == setting for use in kind.declared_by(service)]


def test_every_kind_has_a_case_here_and_a_row_among_those_of_whole_programs() -> None:
    assert {use.setting for case in CASES.values() for use in case.uses} == {kind.setting for kind in KINDS}
    assert {type(use) for case in CASES.values() for use in case.uses} == set(KINDS)
    assert USES.keys() == {kind.setting for kind in KINDS}


def test_every_class_of_a_module_is_a_kind() -> None:
    found: list[str] = []
    for module in package._MODULES:
        if module.__name__.endswith(".use"):
            continue
        assert module.__file__ is not None
        with open(module.__file__) as source:
            tree = ast.parse(source.read())
        classes = [
            part.name
            for part in tree.body
            if isinstance(part, ast.ClassDef)
            and "Use" in [base.id for base in part.bases if isinstance(base, ast.Name)]
        ]
        assert classes, module.__name__
        found += classes
    assert sorted(found) == sorted(kind.__name__ for kind in KINDS)


def test_every_field_that_is_a_use_is_claimed_by_one_kind() -> None:
    assert sorted(kind.setting for kind in KINDS) == sorted(Microservice.model_fields.keys() - NO_USES)


@KIND
def test_a_service_that_declares_nothing_uses_nothing(kind: type[Use]) -> None:
    assert list(kind.declared_by(entry())) == []


@EVERY
def test_a_use_is_what_the_entry_declares(setting: str, case: Case) -> None:
    assert declared(setting, case) == list(case.uses)
    assert all(use.path[0] == setting for use in case.uses)


def test_events_by_an_outbox_are_no_use_of_the_bus() -> None:
    assert list(EmitUse.declared_by(entry(emits={"order.placed": "orders"}, tables={"orders": "write"}))) == []


@pytest.mark.parametrize(
    "declared",
    [
        {"routes": [{"auth": "public"}, {"path": "/all", "auth": "iam"}]},
        {"routes": [{"auth": "things.read"}], "callers": "trusted"},
        {"callers": "verified"},
    ],
)
def test_tokens_are_verified_where_they_come_and_are_not_trusted(declared: dict[str, Any]) -> None:
    assert list(TokenUse.declared_by(entry(**declared))) == []


def test_functions_of_the_user_pool_use_what_is_there_before_it() -> None:
    assert {kind.setting for kind in KINDS if kind.for_triggers} == {"tables", "emits"}


def test_tables_are_declared_one_by_one() -> None:
    assert TableUse("orders", "read").path == ("tables", "orders")


@EVERY
def test_a_use_gives_variables_grants_volumes_and_sources(setting: str, case: Case) -> None:
    found = [use.access(OWNERS[use.owner], TASKS) for use in declared(setting, case)]
    variables: dict[str, str] = {}
    for access in found:
        variables |= access.variables
    assert variables == case.variables
    assert {name: key for access in found for name, key in access.secrets.items()} == case.secrets
    assert [grant("role") for access in found for grant in access.grants] == list(case.grants)
    assert [volume for access in found for volume in access.volumes] == list(case.volumes)
    assert [feed(RUNNING, "options") for access in found for feed in access.sources] == list(case.sources)


@EVERY
def test_a_function_gets_the_same_but_its_inbox_which_lambda_empties(setting: str, case: Case) -> None:
    for use in declared(setting, case):
        tasks, function = (use.access(OWNERS[use.owner], user).variables for user in (TASKS, FUNCTION))
        assert function == ({} if setting == "consumes" else tasks)


@EVERY
def test_payments_may_use_what_they_share_with_nobody(setting: str, case: Case) -> None:
    for use in declared(setting, case):
        found = use.payment_problem()
        assert (found and found[0]) == case.payment_problem
        fixes = {
            SHARED: "leave it out",
            CASES["simulated_provider that is served"].payment_problem: "`boundary: shared`",
        }
        assert found is None or found[1] == fixes.get(case.payment_problem, "read")


@EVERY
def test_a_use_says_which_runtimes_can_and_which_endpoints_they_need(setting: str, case: Case) -> None:
    for use in declared(setting, case):
        assert use.runtimes == case.runtimes
        assert tuple(use.endpoints(tasks=True)) == case.task_endpoints
        assert tuple(use.endpoints(tasks=False)) == case.function_endpoints


def test_things_inside_the_network_admit_groups_of_clients_and_are_denied_to_payments() -> None:
    admitted: list[tuple[str, str]] = []
    thing = SimpleNamespace(admit=lambda clients, *, purpose: admitted.append((clients, purpose)))
    owners: dict[str, Any] = {
        "data": SimpleNamespace(cache=thing, dax=thing),
        "files": thing,
        "search": thing,
    }
    inside = [use for case in CASES.values() for use in case.uses if use.clients and use != FilesUse("write")]
    for use in inside:
        use.admit(owners[use.owner], f"{use.clients}-clients")
    assert admitted == [
        (f"{name}-clients", f"Services that use {name}") for name in ("dax", "cache", "search", "files")
    ]
    assert {use.clients: use.denied_to_payments for use in inside} == {
        "cache": ("elasticache:Connect",),
        "dax": ("dax:*",),
        "files": ("elasticfilesystem:*",),
        "search": ("aoss:APIAccessAll", "es:ESHttp*"),
    }
    assert {kind.setting for kind in KINDS if kind.denied_to_payments} == {use.setting for use in inside}


def test_what_is_outside_of_interface_endpoints_needs_a_way_to_the_internet() -> None:
    away = [kind for kind in KINDS if kind.over_the_internet]
    assert away == [
        AccountsUse,
        ContactListUse,
        EngagementUse,
        LocationUse,
        PersonalizationUse,
        SimulatedPartyUse,
        SimulatedProviderUse,
        ThirdPartyUse,
    ]


@KIND
def test_capabilities_and_the_accelerator_alone_may_be_missing(kind: type[Use]) -> None:
    (use, *_) = (use for case in CASES.values() for use in case.uses if type(use) is kind)
    assert use.exists(OWNERS[use.owner]) is True
    missing = use.exists(SimpleNamespace(dax=None, engine=None, variables=None, delivery_queue_arn=None))
    capabilities = (ChatUse, DeliveriesUse, EngagementUse, FraudUse, LocationUse, PersonalizationUse, SearchUse)
    assert missing is (kind not in (DaxUse, *capabilities))


def test_stores_are_listed_without_rights_where_nothing_is_asked_of_aws() -> None:
    owner = Owner(of="location", variables={"STORE_STORES": "{}"}, asks=False)
    access = LocationUse().access(owner, TASKS)
    assert (access.variables, access.grants) == ({"STORE_STORES": "{}"}, [])


@KIND
def test_scoring_alone_widens_the_bounds_of_payment_roles(kind: type[Use]) -> None:
    (use, *_) = (use for case in CASES.values() for use in case.uses if type(use) is kind)
    expected = Bounds(table_arns=["arn:decisions"], statements=["hash"]) if kind is FraudUse else Bounds()
    assert use.bounds(OWNERS[use.owner]) == expected
    assert bool(kind.tables_in_bounds) is (kind is FraudUse)


@pytest.mark.parametrize(
    ("declares", "inside"),
    [
        ({}, False),
        ({"tables": {"orders": "read"}, "orders": "send", "feeds": ["catalogue"]}, False),
        ({"cache": True}, True),
        ({"dax": True}, True),
        ({"boundary": "payment"}, True),
        ({"runtime": {"kind": "fargate", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/a:1"}}, True),
    ],
)
def test_functions_are_inside_the_network_where_they_connect_to_something_there(
    declares: dict[str, Any], inside: bool
) -> None:
    assert in_network(entry(**declares)) is inside
