"""Each service reaches exactly what its entry in the stack file declares: over the network, and by its role."""

import json
from collections.abc import Iterator

import networkx as nx
import pytest

from components.blocks.policy_document import WITHOUT_RESOURCE
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import FargateRuntime
from settings.app_tier.uses import in_network
from settings.relations.limits import policy_characters
from settings.store import StoreSettings
from tests.program.conftest import Stack, of_type
from tests.program.permissions import allowed_of, as_list, statements_of
from tests.program.reach import reach
from tests.program.uses import USES, Right

INTERNET = "0.0.0.0/0"


def wanted_of(name: str, service: Microservice, settings: StoreSettings) -> Iterator[tuple[str, str, int]]:
    """Connections that the declaration of a service means."""
    if not in_network(service):
        return
    node = f"app-{name}"
    yield (node, "s3", 443)
    yield (node, "dynamodb", 443)
    if settings.interface_endpoints:
        yield (node, "endpoints", 443)
    for use in USES.values():
        yield from ((node, *connection) for connection in use.connections(name, service, settings))
    if isinstance(service.runtime, FargateRuntime):
        if service.routes:
            yield ("app-balancer", node, service.runtime.port)
        if service.boundary == "shared" and service.runtime.reach_internet:
            yield (node, INTERNET, 443)


def payments(settings: StoreSettings) -> list[str]:
    return [name for name, service in settings.app_tier.services.items() if service.boundary == "payment"]


def outboxes_of_payments(settings: StoreSettings) -> list[str]:
    """Functions of their outboxes, which are inside the boundary with them."""
    tables = sorted({table for name in payments(settings) for table in settings.app_tier.services[name].outbox_tables})
    return [f"{table}-translator" for table in tables]


def names_in(settings: StoreSettings) -> set[str]:
    """Nodes of the graph that run services' code."""
    return {f"app-{name}" for name in (*settings.app_tier.services, *outboxes_of_payments(settings))}


@pytest.fixture(scope="module")
def graph(deployed: Stack) -> nx.MultiDiGraph:
    return reach(deployed.resources)


def test_services_connect_to_what_they_declare_and_to_nothing_else(deployed: Stack, graph: nx.MultiDiGraph) -> None:
    settings = deployed.settings
    wanted = {
        edge for name, service in settings.app_tier.services.items() for edge in wanted_of(name, service, settings)
    }
    for name in outboxes_of_payments(settings):
        wanted |= {(f"app-{name}", store, 443) for store in ("s3", "dynamodb")}
        wanted |= {(f"app-{name}", "endpoints", 443)} if settings.interface_endpoints else set()
    own = names_in(settings)
    way_out = {(f"app-{name}", INTERNET, 443) for name in (*payments(settings), *outboxes_of_payments(settings))}
    found = {edge for edge in graph.edges(keys=True) if edge[0] in own or edge[1] in own}
    assert found - way_out == wanted


def test_the_rest_of_the_network_is_as_narrow(deployed: Stack, graph: nx.MultiDiGraph) -> None:
    settings = deployed.settings
    own = names_in(settings)
    (cloudfront,) = (node for node in graph if str(node).startswith("pl-"))
    wanted = {
        (cloudfront, "web-balancer", 443),
        ("web-balancer", "web-service", settings.web_tier.service.port),
        ("web-service", "web-cache", 6379),
        ("web-service", "files", 2049),
        ("web-service", "s3", 443),
        ("web-service", "dynamodb", 443),
        ("web-service", INTERNET, 443),
        ("api", "app-balancer", 443),
    }
    if settings.interface_endpoints:
        wanted.add(("web-service", "endpoints", 443))
    if settings.search.engine.kind == "opensearch-domain":
        writer = {"pipeline": "search-pipeline", "function": "search-feed"}[settings.search.engine.feed.kind]
        wanted |= {(writer, "search-domain", 443), ("search-index", "search-domain", 443)}
        wanted.add(("search-index", "dynamodb", 443))
    if settings.feeds.engine.kind != "kinesis":
        wanted.add(("feeds", "feeds", 9098))
        if settings.feeds.engine.pollers is None:
            wanted.add(("feeds", "endpoints", 443))
    assert {edge for edge in graph.edges(keys=True) if not own & {edge[0], edge[1]}} == wanted


def test_nothing_but_cloudfront_gets_in_from_the_internet(deployed: Stack) -> None:
    for rule in of_type(deployed.resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        assert not {"cidrIpv4", "cidrIpv6"} & rule["inputs"].keys(), rule["urn"]
    assert of_type(deployed.resources, "aws:ec2/securityGroupRule:SecurityGroupRule") == []
    for group in of_type(deployed.resources, "aws:ec2/securityGroup:SecurityGroup"):
        assert not {"ingress", "egress"} & group["inputs"].keys(), group["urn"]
    public = [e for e in of_type(deployed.resources, "aws:lb/loadBalancer:LoadBalancer") if not e["inputs"]["internal"]]
    assert public == []
    tasks = of_type(deployed.resources, "aws:ecs/service:Service")
    assert all(task["inputs"]["networkConfiguration"]["assignPublicIp"] is False for task in tasks)


def test_no_interface_has_more_groups_than_aws_takes(deployed: Stack) -> None:
    for service in of_type(deployed.resources, "aws:ecs/service:Service"):
        assert len(service["inputs"]["networkConfiguration"]["securityGroups"]) <= 5, service["urn"]


def rights_of(name: str, service: Microservice, settings: StoreSettings) -> set[Right]:
    """What the declaration of a service allows its code."""
    wanted = {right for use in USES.values() for right in use.rights(name, service, settings)}
    return wanted | ({("xray", "*", "trace")} if settings.tracing.enabled else set())


def test_roles_of_services_allow_what_they_declare_and_nothing_else(deployed: Stack) -> None:
    settings = deployed.settings
    for name, service in settings.app_tier.services.items():
        role = f"app-{name}-task" if isinstance(service.runtime, FargateRuntime) else f"app-{name}"
        assert allowed_of(role, deployed.resources) == rights_of(name, service, settings), name


def test_policies_of_roles_are_no_longer_than_the_settings_reckon(deployed: Stack) -> None:
    settings = deployed.settings
    for name, service in settings.app_tier.services.items():
        role = f"app-{name}-task" if isinstance(service.runtime, FargateRuntime) else f"app-{name}"
        made = sum(len(json.dumps(s, separators=(",", ":"))) + 45 for s in statements_of(role, deployed.resources))
        assert made <= policy_characters(service, settings.data.tables), name


def test_no_identity_may_do_everything_or_anything_everywhere(deployed: Stack) -> None:
    """Policies of identities: no `*` action, and `*` resources only where IAM knows no others."""
    documents = [
        e["inputs"]["policy"]
        for e in deployed.resources
        if e["type"] in ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy")
    ]
    assert documents
    for statement in (s for document in documents for s in json.loads(document)["Statement"] if s["Effect"] == "Allow"):
        actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
        assert not [action for action in actions if action.endswith("*")], statement
        assert "*" not in resources or set(actions) <= WITHOUT_RESOURCE.keys(), statement
