"""Limits of AWS on microservices together."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

from settings.app_tier.microservice import Microservice, connected
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.app_tier.uses import in_network, uses_of
from settings.data import DaxSettings, NoDax, TablesSettings
from settings.endpoints import rule_number
from settings.problems import Problem
from settings.relations.reads import SearchEngine, Services, Tables, ThirdParties
from settings.relations.relation import Reads, problem, relation

# The load balancer's group has a rule for each service, and a group takes 60 in a direction
# (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups).
_RULES_OF_A_GROUP = 60

# Beside the service's own group and that of all services.
_GROUPS_OF_CLIENTS = 3
# What fits into a managed policy of 6,144 characters beside its other statements
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
_TABLES_OF_A_BOUNDARY = 15
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_RULES_OF_A_BUS = 300
# Inline policies of a role together, in characters
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
_POLICIES_OF_A_ROLE = 10_240
# What a role's own policies, those of a function inside the VPC and those of each secret take of them, at most.
_OWN, _NETWORK, _SECRET = 800, 800, 300


@relation
def limits_of_aws_are_kept(services: Services, parties: ThirdParties) -> Iterator[Problem]:
    routed = [n for n, s in services.items() if s.routes and isinstance(s.runtime, FargateRuntime)]
    if len(routed) > _RULES_OF_A_GROUP:
        yield problem(
            "app_tier.services",
            f"{len(routed)} Fargate services with routes",
            f"must be {_RULES_OF_A_GROUP} at most, the rules that AWS takes in the load balancer's security group"
            " (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html)",
            fix="move routes together, or serve some from Lambda",
        )
    guarded = {t for service in services.values() if service.boundary == "payment" for t in service.tables}
    inside = [use for service in services.values() if service.boundary == "payment" for use in uses_of(service)]
    tables = len(guarded) + sum({type(use): use.tables_in_bounds for use in inside}.values())
    if tables > _TABLES_OF_A_BOUNDARY:
        yield problem(
            "app_tier.services",
            f"{tables} tables of payment services",
            f"must be {_TABLES_OF_A_BOUNDARY} at most: their roles' bounds name each, and a managed policy takes 6,144"
            " characters (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)",
            fix="keep tables of others out of the boundary",
        )
    callers = Counter(callee for callees in connected(services).values() for callee in callees)
    for callee, count in callers.items():
        room = _RULES_OF_A_GROUP - (1 if callee in routed else 0)
        if count > room:
            yield problem(
                f"app_tier.services.{callee}" if callee in services else "app_tier.services",
                f"{count} callers",
                f"must be {room} at most: its security group has a rule for each caller, beside the load balancer's",
                fix="let some of them consume events instead",
            )
    rules = sum(bool(service.consumes) for service in services.values())
    rules += sum(len(party.sends) for party in parties.values())
    if rules > _RULES_OF_A_BUS:
        yield problem(
            "app_tier.services",
            f"{rules} rules of the event bus",
            f"must be {_RULES_OF_A_BUS} at most: a service that consumes has one, each event to a third party one",
            fix="let fewer services consume, or have the quota raised and the limit here with it",
        )


@relation
def interfaces_have_room_for_groups(
    services: Services, dax: Annotated[DaxSettings | NoDax, Reads("data.dax")], search: SearchEngine
) -> Iterator[Problem]:
    off = {name for name, kind in (("dax", dax.engine), ("search", search.kind)) if kind == "off"}
    for name, service in services.items():
        clients = sorted({use.clients for use in uses_of(service) if use.clients} - off)
        if len(clients) > _GROUPS_OF_CLIENTS:
            yield problem(
                f"app_tier.services.{name}",
                " and ".join(clients),
                f"must use {_GROUPS_OF_CLIENTS} of these at most: each needs a security group, and an interface takes"
                " five, two of which every service has (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html)",
                fix="leave one of them out",
            )


@relation
def rules_of_services_have_numbers_of_their_own(services: Services) -> Iterator[Problem]:
    taken: dict[int, str] = {}
    for name in sorted(n for n, s in services.items() if s.routes and isinstance(s.runtime, FargateRuntime)):
        first = taken.setdefault(rule_number(name), name)
        if first != name:
            yield problem(
                f"app_tier.services.{name}",
                name,
                f"must have another name: its rule at the load balancer would have the number of that of `{first}`, and"
                " AWS refuses a number that is taken while rules change places",
                fix=f"name it otherwise, such as `{name}-service`",
            )


@relation
def policies_of_a_role_fit(services: Services, tables: Tables) -> Iterator[Problem]:
    for name, service in services.items():
        size = policy_characters(service, tables)
        if size > _POLICIES_OF_A_ROLE:
            yield problem(
                f"app_tier.services.{name}",
                {"tables": len(service.tables), "feeds": len(service.feeds)},
                f"must use less: its role's policies would have {size} characters, and AWS takes {_POLICIES_OF_A_ROLE}",
                fix="use fewer tables and feeds, or divide the service",
            )


def policy_characters(service: Microservice, tables: TablesSettings) -> int:
    """Upper bound of the characters that the inline policies of a service's role have together."""
    uses = sum(use.policy_characters(tables) for use in uses_of(service))
    if not isinstance(service.runtime, LambdaRuntime):
        return _OWN + uses
    return _OWN + uses + _NETWORK * in_network(service) + _SECRET * len(service.runtime.secrets)
