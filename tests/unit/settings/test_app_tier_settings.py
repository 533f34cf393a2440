"""Services in stack files: limits that many of them reach together, and what follows from their entries."""

from settings.data import TablesSettings
from settings.loader import parse
from settings.relations.limits import policy_characters
from tests.unit.settings.edits import Config, entry, lambda_runtime, put
from tests.unit.settings.test_broken_stack_files import handed_over, problems_of, stack_file


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
