"""Routes, tiers and zones of subnets."""

import re
from typing import Any

from policies.library.resources import Resource, Stack
from policies.library.rules import Subject
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, read, spread

TIER_WORD = re.compile(r"public|private|isolated|intra|data(base)?|\bdb|app|web|payment", re.I)
_TIER_TAGS = ("tier", "subnettype", "aws-cdk:subnet-type", "network")
ROUTE = "ec2/route"
TABLE = "ec2/routeTable"
ASSOCIATION = "ec2/routeTableAssociation"
SUBNET = "ec2/subnet"
_GATEWAY = "ec2/internetGateway"
NAT = "ec2/natGateway"
_PRIVATE = re.compile(r"private|isolated|intra|data|database|db\b|app\b|payment", re.I)
_ISOLATED = re.compile(r"isolated|intra|data|database|db\b", re.I)


def tagged_tier(subnet: Resource) -> Any:
    """The tier in a subnet's tags."""
    tags = read(subnet.props, "tags")
    if tags is UNKNOWN:
        return UNKNOWN
    named = {key.lower(): value for key, value in tags.items()} if isinstance(tags, dict) else {}
    return next((as_text(named[key]) for key in _TIER_TAGS if key in named), MISSING)


def tier_of(subnet: Resource) -> str | None:
    """Tier of a subnet: from its tags, else from its name without zone letter or number; None if not known."""
    tier = tagged_tier(subnet)
    if tier is not MISSING:
        return tier.lower() if isinstance(tier, str) else None
    stem = re.sub(r"([-_]?([a-z]{2}(-[a-z]+)+-\d)?[-_]?[a-f]|[-_][a-f]\d+|[-_]?\d+)$", "", subnet.name)
    return stem or subnet.name


def leads_out(stack: Stack, resource: Resource, prefix: str = "") -> bool:
    """Whether a route (or the inline routes of a table) goes to an internet gateway."""
    path = f"{prefix}gatewayId"
    known = any(isinstance(value, str) and value.startswith("igw-") for value in as_list(spread(resource.props, path)))
    return known or bool(stack.referred(resource, path, _GATEWAY).resources)


def _tables_of(stack: Stack, subnet: Resource) -> list[Resource]:
    return [
        table
        for association in stack.pointing_at(subnet, ASSOCIATION, "subnetId", sure=True)
        for table in stack.referred(association, "routeTableId", TABLE).resources
    ]


def _routes_of(stack: Stack, table: Resource) -> list[Resource]:
    return stack.pointing_at(table, ROUTE, "routeTableId", sure=True)


def is_public(stack: Stack, subnet: Resource) -> bool:
    """Whether a subnet has a known route to an internet gateway, or assigns public addresses."""
    if as_flag(read(subnet.props, "mapPublicIpOnLaunch")) is True:
        return True
    return any(
        leads_out(stack, table, "routes[].") or any(leads_out(stack, route) for route in _routes_of(stack, table))
        for table in _tables_of(stack, subnet)
    )


def public_among(subject: Subject, path: str) -> list[str]:
    """Names of the public subnets that a property names; deferred if the property may name others."""
    meant = subject.stack.referred(subject.resource, path, SUBNET)
    public = sorted(subnet.name for subnet in meant.resources if is_public(subject.stack, subnet))
    if public and not meant.sure and len(public) < len(meant.resources):
        subject.defer(path)
        return []
    return public


def subnets_of(stack: Stack, table: Resource) -> list[Resource]:
    """Subnets associated with a route table."""
    return [
        subnet
        for association in stack.pointing_at(table, ASSOCIATION, "routeTableId", sure=True)
        for subnet in stack.referred(association, "subnetId", SUBNET).resources
    ]


def is_closed(subnet: Resource, *, to_internet: bool) -> bool:
    """Whether a subnet's tier must have no route to the internet, or (isolated) none to a NAT gateway either."""
    tier = tier_of(subnet)
    return bool(tier and "public" not in tier and (_PRIVATE if to_internet else _ISOLATED).search(tier))


def zone_of(subnet: Resource) -> str | None:
    """Zone of a subnet, by name or id as the program gives it; None if not known."""
    for key in ("availabilityZone", "availabilityZoneId"):
        value = as_text(read(subnet.props, key))
        if value is not MISSING:
            return value if isinstance(value, str) else None
    return None
