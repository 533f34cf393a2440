"""Services in stack files: every rule of theirs, told with place, rule and fix."""

import copy
from typing import Any

import pytest

from settings.data import TablesSettings
from settings.loader import parse
from settings.relations.limits import policy_characters
from tests.unit.settings.edits import both
from tests.unit.settings.test_broken_stack_files import Config, handed_over, problems_of, put, stack_file

SERVICES = "app_tier.services"
PUBLIC = "public.ecr.aws/somebody/payments:1"
ELSEWHERE = "111111111111.dkr.ecr.us-east-1.amazonaws.com/store/customers:1"


def _party(config: Config, name: str) -> Any:
    """A third party of a stack file, to be put elsewhere."""
    return copy.deepcopy(config["web-store:third_parties"]["parties"][name])


def _simulated(config: Config, name: str) -> Any:
    return {**_party(config, name), "api": None, "simulated": True}


def entry(name: str, changes: dict[str, Any]) -> Any:
    """Change the entry of a service; None removes a key."""

    def change(config: Config) -> None:
        service = config["web-store:app_tier"]["services"].setdefault(name, {})
        for key, value in changes.items():
            if value is None:
                service.pop(key, None)
            else:
                service[key] = value

    return change


def only_payments(config: Config) -> None:
    """No service on Fargate starts without payments."""
    for name, service in config["web-store:app_tier"]["services"].items():
        if service["runtime"]["kind"] == "fargate" and name != "payments":
            service["calls"] = ["payments"]


def lambda_runtime(**changes: Any) -> dict[str, Any]:
    return {"kind": "lambda", "code": "order_relay", **changes}


# (stack, change, place, in the rule, in the fix)
MISTAKES: dict[str, tuple[str, Any, str, str, str]] = {
    "unknown table": (
        "dev",
        entry("carts", {"tables": {"carts": "write", "product": "read"}}),
        f"{SERVICES}.carts.tables",
        "there is no table `product`",
        "data.tables.extra",
    ),
    "services whose rules have one number": (
        "dev",
        lambda config: [
            entry(name, {"runtime": {"kind": "fargate", "image": PUBLIC}, "routes": [{"auth": "public"}]})(config)
            for name in ("gifts-314", "reviews-14")
        ],
        f"{SERVICES}.reviews-14",
        "would have the number of that of `gifts-314`",
        "`reviews-14-service`",
    ),
    "more groups than an interface takes": (
        "prod",
        entry("catalogue", {"files": "read"}),
        f"{SERVICES}.catalogue",
        "must use 3 of these at most",
        "leave one of them out",
    ),
    "outbox without write access": (
        "dev",
        entry("orders", {"tables": {"orders": "read"}}),
        f"{SERVICES}.orders.emits.order.placed",
        "must be `direct`, or a table that this service writes: it does not write `orders`",
        "tables: { orders: write }",
    ),
    "outbox in a table that has none": (
        "dev",
        entry("orders", {"emits": {"order.placed": "idempotency", "order.status-changed": "orders"}}),
        f"{SERVICES}.orders.emits",
        "`idempotency` lacks the stream",
        "write `direct`",
    ),
    "undeclared event": (
        "dev",
        entry("carts", {"consumes": ["catalogue.change", "order.placed"]}),
        f"{SERVICES}.carts.consumes",
        "did you mean catalogue.changed?",
        "events/schemas",
    ),
    "another's event": (
        "dev",
        entry("carts", {"tables": {"carts": "write", "orders": "write"}, "emits": {"order.placed": "orders"}}),
        f"{SERVICES}.carts.emits",
        "must be an event with the source store.carts; its source is store.orders",
        "domain: orders",
    ),
    "event that nobody emits": (
        "dev",
        entry("payments", {"emits": None}),
        SERVICES,
        "payment.settled is consumed by orders and must be emitted",
        "docs/events.md",
    ),
    "event that nobody hears": (
        "dev",
        entry("catalogue", {"consumes": ["catalogue.changed"]}),
        SERVICES,
        "and must be consumed: let a service or third party consume it",
        "docs/events.md",
    ),
    "call to a function": (
        "dev",
        entry("carts", {"calls": ["consent"]}),
        f"{SERVICES}.carts.calls[0]",
        "must be another service on Fargate, or a function from an image: catalogue, customers, inventory, orders,",
        "functions with `code` receive events instead of calls",
    ),
    "call by a function": (
        "dev",
        entry("consent", {"calls": ["carts"]}),
        f"{SERVICES}.consent.calls[0]",
        "must be a function from an image: there is none",
        "run both on Fargate, or both on Lambda",
    ),
    "files of a function": (
        "dev",
        entry("consent", {"files": "read"}),
        f"{SERVICES}.consent.files",
        "must be left to services with `runtime.kind: fargate`",
        "another service",
    ),
    "function without code": (
        "dev",
        entry("consent", {"runtime": {"kind": "lambda"}}),
        f"{SERVICES}.consent.runtime",
        "must have `code`, a folder of functions/, or `image`",
        "image: {source: services}",
    ),
    "function with code and image": (
        "dev",
        entry("consent", {"runtime": lambda_runtime(image={"source": "services"})}),
        f"{SERVICES}.consent.runtime.code",
        "must be left out beside `image`",
        "",
    ),
    "code for another processor": (
        "dev",
        entry("consent", {"runtime": lambda_runtime(architecture="X86_64")}),
        f"{SERVICES}.consent.runtime.architecture",
        "must be ARM64 with `code`",
        "architecture: ARM64",
    ),
    "function from a public image": (
        "dev",
        entry("customers", {"runtime": {"kind": "lambda", "image": PUBLIC}}),
        f"{SERVICES}.customers.runtime.image",
        "must be in an ECR repository: Lambda pulls from no other registry",
        "image: somebody/payments:1",
    ),
    "function from an image of another Region": (
        "dev",
        entry("customers", {"runtime": {"kind": "lambda", "image": ELSEWHERE}}),
        f"{SERVICES}.customers.runtime.image",
        "must be in a repository of the home Region, eu-west-1",
        "image: store/customers:1",
    ),
    "trigger that is a service of the image": (
        "dev",
        entry("sign-up", {"runtime": {"kind": "lambda", "image": {"source": "services"}}}),
        f"{SERVICES}.sign-up.trigger",
        "must be left to functions with `code`",
        "give this work to a function with `code`",
    ),
    "call from a function to tasks": (
        "dev",
        entry("carts", {"runtime": {"kind": "lambda", "image": {"source": "services"}}}),
        f"{SERVICES}.carts.calls[0]",
        "must be a function from an image: there is none",
        "run both on Fargate, or both on Lambda",
    ),
    "feed that there is not": (
        "dev",
        entry("inventory-feed", {"feeds": ["stock"]}),
        f"{SERVICES}.inventory-feed.feeds[0]",
        "must be one of the feeds: catalogue, inventory, order-status",
        "feeds.streams",
    ),
    "feed that nobody reads": (
        "dev",
        entry("inventory-feed", {"feeds": []}),
        SERVICES,
        "must have a service that reads feed `inventory`",
        "feeds: [inventory]",
    ),
    "trigger taken twice": (
        "dev",
        entry("consent", {"trigger": "post_confirmation"}),
        f"{SERVICES}.consent.trigger",
        "a user pool calls one function",
        "one service do both",
    ),
    "trigger that takes too long": (
        "dev",
        entry("sign-up", {"runtime": lambda_runtime(code="sign_up", timeout_seconds=30)}),
        f"{SERVICES}.sign-up.runtime.timeout_seconds",
        "must be at most 5",
        "timeout_seconds: 5",
    ),
    "stand-in beside the OMS": (
        "prod",
        entry(
            "oms",
            {
                "runtime": lambda_runtime(code="oms"),
                "domain": "orders",
                "tables": {"orders": "write"},
                "orders": "take",
                "emits": {"order.status-changed": "orders"},
            },
        ),
        f"{SERVICES}.oms.orders",
        "must have one taker: the account of the OMS",
        "leave the stand-in out",
    ),
    "functions without their layer": (
        "dev",
        lambda config: config["web-store:app_tier"].pop("powertools_layer_arn"),
        "app_tier.powertools_layer_arn",
        "must name the layer with Powertools",
        "arn:aws:lambda:eu-west-1",
    ),
    "layer of another Region": (
        "dev",
        put("app_tier.powertools_layer_arn", "arn:aws:lambda:us-east-1:017000801446:layer:Powertools:18"),
        "app_tier.powertools_layer_arn",
        "must be a layer of the home Region, eu-west-1",
        "arn:aws:lambda:eu-west-1:017000801446",
    ),
    "name that the function of an outbox has": (
        "dev",
        entry("orders-translator", {"runtime": lambda_runtime()}),
        f"{SERVICES}.orders-translator",
        "must have another name: the function of the outbox of table `orders` has this one",
        "rename the service",
    ),
    "name that the look at the sources has": (
        "dev",
        entry("liveness", {"runtime": lambda_runtime()}),
        f"{SERVICES}.liveness",
        "must have another name: the function that looks whether the sources of events run has this one",
        "rename the service",
    ),
    "code of the outboxes": (
        "dev",
        put(f"{SERVICES}.consent.runtime.code", "outbox"),
        f"{SERVICES}.consent.runtime.code",
        "must be a folder of functions/",
        "name one of these",
    ),
    "code that there is not": (
        "dev",
        entry("consent", {"runtime": lambda_runtime(code="consents")}),
        f"{SERVICES}.consent.runtime.code",
        "must be a folder of functions/ with a handler.py: catalogue_feed, chat, consent",
        "write the handler",
    ),
    "no memory left for the process": (
        "dev",
        put(f"{SERVICES}.carts.runtime.temporary_mib", 800),
        f"{SERVICES}.carts.runtime.temporary_mib",
        "must leave 128 of 1024 MiB to the process",
        "temporary_mib: 704",
    ),
    "shared cache inside the payment boundary": (
        "dev",
        entry("payments", {"cache": True}),
        f"{SERVICES}.payments.cache",
        "shared with services outside the payment boundary",
        "leave it out",
    ),
    "public image behind the payments' firewall": (
        "prod",
        put(f"{SERVICES}.payments.runtime.image", PUBLIC),
        f"{SERVICES}.payments.runtime.image",
        "must be of 222222222222.dkr.ecr.eu-west-1.amazonaws.com, which is meant without a registry",
        "image: somebody/payments:1",
    ),
    "traces without a way from the payments": (
        "prod",
        put("network.interface_endpoints", ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "ssmmessages"]),
        "network.interface_endpoints",
        "must have runtime-v2-lex, sqs, xray, by which ",
        "- xray",
    ),
    "calls in a circle": (
        "dev",
        entry("inventory", {"calls": ["orders"]}),
        f"{SERVICES}.carts.calls",
        "must not call in a circle",
        "consume events instead",
    ),
    "HTTPS behind the proxy": (
        "dev",
        put(f"{SERVICES}.inventory.runtime.protocol", "HTTPS"),
        f"{SERVICES}.inventory.runtime.protocol",
        "must be HTTP for a called service",
        "protocol: HTTP",
    ),
    "OMS that calls what is not for machines": (
        "prod",
        put("orders.oms.calls", ["orders", "carts"]),
        "orders.oms.calls[1]",
        "must be a service with an `auth: iam` route: orders",
        "name one of these",
    ),
    "orders that come back too early": (
        "dev",
        put(f"{SERVICES}.oms.runtime.timeout_seconds", 120),
        "orders.visibility_timeout_seconds",
        "must be at least 720, six times the time limit of service `oms`",
        "visibility_timeout_seconds: 720",
    ),
    "a second contact list": (
        "dev",
        entry("order-relay", {"contact_list": "other"}),
        f"{SERVICES}.order-relay.contact_list",
        "must be `web-store-dev`, as in the other services: SES keeps one list",
        "contact_list: web-store-dev",
    ),
    "inside the network and shut in": (
        "dev",
        entry("consent", {"cache": True}),
        f"{SERVICES}.consent.runtime.reach_internet",
        "must be true: contact lists are in SES, which is reached over the internet only",
        "reach_internet: true",
    ),
    "tasks without the internet and without endpoints": (
        "dev",
        put(f"{SERVICES}.inventory.runtime.reach_internet", False),
        "network.interface_endpoints",
        "by which inventory reach AWS: `reach_internet: false` leaves no way to the internet",
        "- ecr.api",
    ),
    "tokens verified without a way to the keys": (
        "dev",
        put(f"{SERVICES}.inventory.runtime.reach_internet", False),
        f"{SERVICES}.inventory.runtime.reach_internet",
        "must be true: keys of the user pool",
        "reach_internet: true",
    ),
    "tokens verified without NAT": (
        "dev",
        put("network.nat", "none"),
        f"{SERVICES}.inventory.callers",
        "must be `trusted` with `network.nat: none`",
        "callers: trusted",
    ),
    "tokens verified by payments that reach addresses only": (
        "prod",
        put("network.payment_egress.cidr_blocks", ["203.0.113.0/24"]),
        f"{SERVICES}.payments.callers",
        "must be `trusted` with `network.payment_egress` by address or closed",
        "callers: trusted",
    ),
    "third party that nobody registered": (
        "prod",
        entry("payments", {"third_parties": ["paymint"]}),
        f"{SERVICES}.payments.third_parties",
        "must name parties with an `api` of `third_parties.parties`, as paymint is not: payment",
        "- payment",
    ),
    "third party that services do not call": (
        "prod",
        entry("orders", {"third_parties": ["marketing"]}),
        f"{SERVICES}.orders.third_parties",
        "must name parties with an `api`",
        "third_parties: []",
    ),
    "payment provider of a service outside the boundary": (
        "prod",
        entry("orders", {"third_parties": ["payment"]}),
        f"{SERVICES}.orders.third_parties",
        "must leave payment, of kind payment, to services with `boundary: payment`",
        "third_parties: []",
    ),
    "two payment providers": (
        "prod",
        both(
            lambda config: put("third_parties.parties.other-payment", _party(config, "payment"))(config),
            entry("payments", {"third_parties": ["payment", "other-payment"]}),
        ),
        f"{SERVICES}.payments.third_parties[1]",
        "must be left out beside payment: a service calls one party of a kind",
        "- payment",
    ),
    "a real and a simulated payment provider": (
        "dev",
        both(
            put("third_parties.parties.payment", _party(stack_file("prod"), "payment")),
            entry("payments", {"third_parties": ["payment"]}),
        ),
        f"{SERVICES}.payments.third_parties",
        "payments have one provider",
        "third_parties: []",
    ),
    "API of a party whose requests nobody declared": (
        "prod",
        lambda config: put("third_parties.parties.cms.api", _party(config, "payment")["api"])(config),
        "third_parties.parties.cms.api",
        "must be left to kinds whose requests are declared: payment",
        "api: null",
    ),
    "account of an OMS that is no third party": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"].pop("order-management"),
        "orders.oms.account_id",
        "must be of a party of `third_parties.parties` with `takes_orders: true`",
        "of kind oms",
    ),
    "party that takes orders without an account": (
        "dev",
        lambda config: config["web-store:app_tier"]["services"].pop("oms"),
        "third_parties.parties.order-management.takes_orders",
        "needs `orders.oms`, its account, or a service in its place with `orders: take`",
        "takes_orders: false",
    ),
    "two parties that take orders": (
        "dev",
        lambda config: put("third_parties.parties.oms", {**_party(config, "order-management"), "machine": None})(
            config
        ),
        "third_parties.parties.oms.takes_orders",
        "must be left to order-management: orders have one taker",
        "takes_orders: false",
    ),
    "simulated party in production": (
        "prod",
        lambda config: put("third_parties.parties.other-tax", _simulated(config, "tax"))(config),
        "third_parties.parties.other-tax.simulated",
        "profile `prod` must register real parties",
        "simulated: false",
    ),
    "simulated party of a kind that nothing simulates": (
        "dev",
        put("third_parties.parties.cms.simulated", True),
        "third_parties.parties.cms.simulated",
        "must be false for kind cms: nothing simulates it. Kinds are payment, shipping, tax",
        "simulated: false",
    ),
    "simulated party with an address": (
        "dev",
        put("third_parties.parties.tax.api", {"endpoint": "https://api.taxes.example.com/v1"}),
        "third_parties.parties.tax.simulated",
        "must be false beside `api`",
        "simulated: false",
    ),
    "two simulated parties of a kind": (
        "dev",
        lambda config: put("third_parties.parties.other-tax", _party(config, "tax"))(config),
        "third_parties.parties.other-tax.simulated",
        "must be left to tax: services call one simulated party of kind tax",
        "simulated: false",
    ),
    "writers of a feed that are no third party": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"].pop("product-information"),
        "feeds.streams.catalogue.owners",
        "must be of a party of `third_parties.parties` with `feeds: [catalogue]`",
        "Pulumi.prod.yaml has some",
    ),
    "feed that is not there": (
        "prod",
        put("third_parties.parties.product-information.feeds", ["catalogue", "prices"]),
        "third_parties.parties.product-information.feeds",
        "must name feeds of `feeds.streams`: catalogue, inventory, order-status",
        "- catalogue",
    ),
    "data class of calls that is not declared": (
        "prod",
        put("third_parties.parties.payment.data_classes", ["payment"]),
        "third_parties.parties.payment.data_classes",
        "must name operational, order, which it receives",
        "- order\n",
    ),
    "data class of orders that is not declared": (
        "prod",
        put("third_parties.parties.order-management.data_classes", ["operational", "order"]),
        "third_parties.parties.order-management.data_classes",
        "must name identity, which it receives",
        "- identity",
    ),
    "processor without an agreement": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"]["cms"]["company"].pop("agreement"),
        "third_parties.parties.cms.company.agreement",
        "must name the data processing agreement",
        "such as DPA-2026-014",
    ),
    "party without a way": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"]["supply-chain"].pop("feeds"),
        "third_parties.parties.supply-chain",
        "must have a way in or out",
        "leave the party out",
    ),
    "a firewall that lets nothing pass": (
        "prod",
        both(entry("payments", {"callers": "trusted"}), put("third_parties.parties.payment.enabled", False)),
        "network.payment_egress.domains",
        "must name a host: no payment service calls a third party that is switched on",
        "- api.payments.example.com",
    ),
    "simulated payments in production": (
        "prod",
        entry("payments", {"third_parties": [], "simulated_provider": "call"}),
        f"{SERVICES}.payments.simulated_provider",
        "profile `prod` must pay by a real provider",
        "simulated_provider: none",
    ),
    "simulated parties in production": (
        "prod",
        entry("orders", {"third_parties": [], "simulated_parties": ["tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "profile `prod` must ask real parties",
        "simulated_parties: []",
    ),
    "simulated parties that nobody serves": (
        "staging",
        entry("orders", {"third_parties": [], "simulated_parties": ["tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "must have a service `payment-provider` with `simulated_provider: serve`",
        "simulated_parties: []",
    ),
    "a simulated party twice": (
        "dev",
        entry("orders", {"simulated_parties": ["tax", "tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "must name each kind once",
        "- tax",
    ),
    "a simulated party beside a real one": (
        "dev",
        both(
            put("third_parties.parties.tax", _party(stack_file("prod"), "tax")),
            entry("orders", {"third_parties": ["tax"]}),
        ),
        f"{SERVICES}.orders.simulated_parties",
        "none of which the service calls a real party",
        "- shipping",
    ),
    "prices of parties without rates of the store's own": (
        "prod",
        entry("orders", {"checkout": False}),
        f"{SERVICES}.orders.third_parties",
        "must be left to services with `checkout: true`",
        "write `checkout: true` in the entry of orders",
    ),
    "simulated payments that nobody serves": (
        "staging",
        entry("payments", {"third_parties": [], "simulated_provider": "call"}),
        f"{SERVICES}.payments.simulated_provider",
        "must have a service `payment-provider` with `simulated_provider: serve`",
        "simulated_provider: none",
    ),
    "simulated provider of another name": (
        "dev",
        entry("inventory", {"simulated_provider": "serve"}),
        f"{SERVICES}.inventory.simulated_provider",
        "must be left to a service `payment-provider`",
        "simulated_provider: none",
    ),
    "simulated provider where addresses alone are reached": (
        "dev",
        put("network.payment_egress", {"engine": "addresses", "cidr_blocks": ["203.0.113.0/24"]}),
        f"{SERVICES}.payments.simulated_provider",
        "must be `none` with `network.payment_egress` by address or closed",
        "simulated_provider: none",
    ),
    "simulated payments of a service outside the boundary": (
        "dev",
        entry("orders", {"simulated_provider": "call"}),
        f"{SERVICES}.orders.simulated_provider",
        "must be left to services with `boundary: payment`",
        "simulated_provider: none",
    ),
    "form of a route that reads": (
        "dev",
        entry("inventory", {"routes": [{"path": "/stock/{sku}", "auth": "inventory.read", "form": True}]}),
        f"{SERVICES}.inventory.routes[0].form",
        "must be false beside `body`, and for GET and DELETE",
        "form: false",
    ),
    "function of the user pool with routes": (
        "dev",
        entry("sign-up", {"routes": [{"auth": "public"}]}),
        f"{SERVICES}.sign-up.routes",
        "must be left to other services",
        "give these routes to another service",
    ),
    "function of the user pool inside the payment boundary": (
        "dev",
        entry("sign-up", {"boundary": "payment"}),
        f"{SERVICES}.sign-up.boundary",
        "must be `shared`",
        "boundary: shared",
    ),
    "function of the user pool with an inbox": (
        "dev",
        entry("sign-up", {"consumes": ["order.placed"]}),
        f"{SERVICES}.sign-up.consumes",
        "waits five seconds for it",
        "leave it out",
    ),
    "feed inside the payment boundary": (
        "dev",
        entry("payments", {"runtime": lambda_runtime(code="catalogue_feed"), "feeds": ["catalogue"], "routes": None}),
        f"{SERVICES}.payments.feeds",
        "shared with services outside the payment boundary",
        "leave it out",
    ),
    "reserved variable": (
        "dev",
        entry("consent", {"runtime": lambda_runtime(code="consent", environment_variables={"AWS_REGION": "x"})}),
        f"{SERVICES}.consent.runtime.environment_variables.AWS_REGION",
        "which Lambda reserves",
        "another name",
    ),
    "collector that payments cannot pull": (
        "prod",
        put("images.public_cache", False),
        "tracing.collector_image",
        "`network.payment_egress` of the payment services leaves no way to a public registry",
        "collector_image: aws-observability/aws-otel-collector:v0.43.3",
    ),
    "collector of a registry that is not cached": (
        "prod",
        put("tracing.collector_image", "quay.io/example/collector:1.0.0"),
        "tracing.collector_image",
        "`network.payment_egress` of the payment services leaves no way to a public registry",
        "collector_image: example/collector:1.0.0",
    ),
    "collector that nobody pulls before payments": (
        "prod",
        only_payments,
        "tracing.collector_image",
        "no service outside the boundary starts before them, to pull the image into the cache",
        "collector_image: aws-observability/aws-otel-collector:v0.43.3",
    ),
    "repository that ECR does not take": (
        "dev",
        put(f"{SERVICES}.orders.runtime.image", "store//orders:1.0.0"),
        f"{SERVICES}.orders.runtime.image",
        "an image without one is in a repository of the account",
        "image: store/orders:1.4.0",
    ),
    "repository of the cache": (
        "dev",
        put(f"{SERVICES}.orders.runtime.image", "store-public-dev/orders:1.0.0"),
        f"{SERVICES}.orders.runtime.image",
        "such repositories are those of the cache of public images",
        "image: dev/orders:1.0.0",
    ),
    "body without a model": (
        "dev",
        put(f"{SERVICES}.carts.routes.1", {"path": "/items", "methods": ["POST"], "auth": "carts.write"}),
        f"{SERVICES}.carts.routes[1].body",
        "must be given for POST: without a model",
        "api/models",
    ),
    "a route served twice": (
        "dev",
        put(f"{SERVICES}.carts.routes.2", {"path": "/items", "methods": ["POST"], "auth": "iam", "body": "CartItem"}),
        f"{SERVICES}.carts.routes[2].methods",
        "must not have POST, which an earlier route serves at /items",
        "one route",
    ),
    "name too long for a target group": (
        "dev",
        entry("a-service-of-a-long-name", {"runtime": lambda_runtime()}),
        f"{SERVICES}.a-service-of-a-long-name",
        "18 characters",
        "",
    ),
    "secret of a function in clear": (
        "dev",
        entry("consent", {"runtime": lambda_runtime(code="consent", environment_variables={"API_KEY": "x"})}),
        f"{SERVICES}.consent.runtime.environment_variables.API_KEY",
        "looks like one: store the value in Secrets Manager",
        "secrets:",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_place_rule_and_fix(mistake: str) -> None:
    stack, change, place, rule, fix = MISTAKES[mistake]
    problems = problems_of(stack, change)
    found = [p for p in problems if p.dotted == f"web-store:{place}" and rule in p.rule and fix in p.fix]
    assert found, "\n".join(problem.text("file") for problem in problems)


def test_a_role_with_too_many_tables_is_told_before_iam_refuses() -> None:
    def many(config: Config) -> None:
        extra = {
            f"table-{number}": {"design": {"partition": {"name": "thing_id"}, "backup": False}} for number in range(12)
        }
        config["web-store:data"]["tables"]["extra"] |= extra
        config["web-store:app_tier"]["services"]["carts"]["tables"] |= dict.fromkeys(extra, "read")

    (problem,) = problems_of("dev", many)
    assert problem.dotted == "web-store:app_tier.services.carts"
    assert "AWS takes 10240" in problem.rule


def test_more_callers_than_a_group_has_rules_are_told() -> None:
    def many(config: Config) -> None:
        image = {"kind": "fargate", "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/any:1"}
        config["web-store:app_tier"]["services"] |= {
            f"caller-{number}": {"runtime": image, "calls": ["inventory"]} for number in range(60)
        }

    (problem,) = problems_of("dev", many)
    assert problem.dotted == "web-store:app_tier.services.inventory"
    assert problem.received == '"62 callers"'


def test_more_rules_than_a_bus_has_are_told() -> None:
    def many(config: Config) -> None:
        config["web-store:app_tier"]["services"] |= {
            f"hearer-{number}": {"runtime": lambda_runtime(), "consumes": ["order.placed"]} for number in range(300)
        }

    (problem,) = problems_of("dev", many)
    assert "must be 300 at most" in problem.rule


def test_firewalls_know_the_hosts_of_parties_that_are_called_and_switched_on() -> None:
    config, keys = stack_file("prod"), "cognito-idp.eu-west-1.amazonaws.com"
    settings = parse(handed_over(config), stack="prod")
    assert settings.payment_hosts == (keys, "api.payments.example.com")
    assert "cms.example.com" not in settings.network_needs.names, "EventBridge calls it from outside the VPC"
    put("third_parties.parties.payment.enabled", False)(config)
    assert parse(handed_over(config), stack="prod").payment_hosts == (keys,)


def test_parties_that_are_switched_off_take_no_orders_and_write_no_feeds() -> None:
    config = stack_file("prod")
    for name in ("order-management", "product-information"):
        put(f"third_parties.parties.{name}.enabled", False)(config)
    off = parse(handed_over(config), stack="prod")
    assert off.orders.oms is not None
    assert off.open_orders.oms is None
    assert off.open_orders.retention_days == off.orders.retention_days
    writers = {name: bool(stream.owners) for name, stream in off.open_feeds.streams.items()}
    assert writers == {"catalogue": False, "inventory": True, "order-status": True}
    on = parse(handed_over(stack_file("prod")), stack="prod")
    assert (on.open_orders, on.open_feeds, on.open_identity) == (on.orders, on.feeds, on.identity)
    assert set(on.identity.machines) == {"order-management", "product-information"}
    assert off.open_identity.machines == {}, "a token reads every order, and changes every product"


def test_payments_reach_the_store_itself_where_it_simulates_their_provider() -> None:
    config = stack_file("dev")
    put("network.payment_egress", {"engine": "network_firewall", "domains": ["elsewhere.example.com"]})(config)
    del config["web-store:network"]["interface_endpoints"]
    hosts = ("cognito-idp.eu-west-1.amazonaws.com", "dev.store.example.com")
    assert parse(handed_over(config), stack="dev").payment_hosts == hosts


def test_payments_that_trust_the_api_reach_their_provider_only() -> None:
    config = stack_file("prod")
    entry("payments", {"callers": "trusted"})(config)
    assert parse(handed_over(config), stack="prod").payment_hosts == ("api.payments.example.com",)


def test_a_store_without_services_is_a_store() -> None:
    config = stack_file("dev")
    config["web-store:app_tier"] = {"services": {}}
    config["web-store:identity"] |= {"web": {"scopes": []}, "machines": {}}
    config["web-store:third_parties"] = {"parties": {}}
    config["web-store:fraud"]["reviewers"] = []
    config["web-store:search"] = {"engine": {"kind": "off"}}
    put("web_tier.service.image", "store/web:1.0.0")(config)
    assert parse(handed_over(config), stack="dev").app_tier.scopes == {}


def test_a_role_is_reckoned_by_what_its_service_declares() -> None:
    services = parse(handed_over(stack_file("dev")), stack="dev").app_tier.services
    tables = TablesSettings()
    assert policy_characters(services["order-relay"], tables) < policy_characters(services["order-status"], tables)
