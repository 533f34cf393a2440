"""Delegation of the store's hosted zone."""

from collections.abc import Iterator

import dns.exception
import dns.resolver

from doctor.account import Account, UnseenError
from doctor.program import Program
from doctor.result import Check, Finding, Step, later, missing, ok, unseen
from settings.dns import AdoptZone, CreateZone

_TIMEOUT_SECONDS = 5
_UNDELEGATED = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def _delegation(program: Program, account: Account) -> Iterator[Finding]:
    zone = program.settings.dns.zone
    servers = _name_servers(zone, account)
    if servers is None and isinstance(zone, AdoptZone):
        yield missing(
            f"hosted zone {zone.zone_id}",
            f"account {program.settings.environment.account_id} has no public zone {zone.name} of this id",
            f"aws route53 list-hosted-zones-by-name --dns-name {zone.name}   # then web-store:dns.zone.zone_id",
        )
    elif servers is None:
        yield later(
            zone.name,
            "the first update makes the zone, and waits for its certificates until the parent zone delegates to it",
            _after_creation(zone.name),
        )
    else:
        yield _delegated(zone.name, servers, account)


def _name_servers(zone: CreateZone | AdoptZone, account: Account) -> list[str] | None:
    """Name servers of the zone in the account; None where there is no such zone yet."""
    if isinstance(zone, AdoptZone):
        found = account.find("route53", "get_hosted_zone", absent=("NoSuchHostedZone",), Id=zone.zone_id)
        if not found or found["HostedZone"]["Name"] != f"{zone.name}." or found["HostedZone"]["Config"]["PrivateZone"]:
            return None
        return sorted(found["DelegationSet"]["NameServers"])
    zone_id = _public_zone(zone.name, account)
    if not zone_id:
        return None
    return sorted(account.call("route53", "get_hosted_zone", Id=zone_id)["DelegationSet"]["NameServers"])


def _public_zone(name: str, account: Account) -> str:
    """Id of the account's public zone of this name; empty if there is none."""
    found = account.call("route53", "list_hosted_zones_by_name", DNSName=name)["HostedZones"]
    for entry in found:
        if entry["Name"] == f"{name}." and not entry["Config"]["PrivateZone"]:
            return str(entry["Id"]).rpartition("/")[2]
    return ""


def _delegated(name: str, servers: list[str], account: Account) -> Finding:
    try:
        told = sorted(
            str(record).rstrip(".").lower() for record in dns.resolver.resolve(name, "NS", lifetime=_TIMEOUT_SECONDS)
        )
    except _UNDELEGATED:
        told = []
    except (dns.exception.DNSException, OSError) as error:
        return unseen(name, f"DNS did not answer: {type(error).__name__}")
    if told == servers:
        return ok(name, f"delegated to {', '.join(servers)}")
    what = f"the parent zone delegates to {', '.join(told)}" if told else "the parent zone does not delegate to it"
    return missing(name, f"{what}; its name servers are {', '.join(servers)}", _record(name, servers, account))


def _record(name: str, servers: list[str], account: Account) -> str:
    parent = name.partition(".")[2]
    try:
        parent_id = _public_zone(parent, account)
    except UnseenError:
        parent_id = ""
    if not parent_id:
        lines = "\n".join(f"{name}. 3600 IN NS {server}." for server in servers)
        return f"add to the zone {parent}, at its owner:\n{lines}"
    values = ",".join(f"{{Value={server}.}}" for server in servers)
    change = f"{{Name={name}.,Type=NS,TTL=3600,ResourceRecords=[{values}]}}"
    return (
        f"aws route53 change-resource-record-sets --hosted-zone-id {parent_id} "
        f"--change-batch 'Changes=[{{Action=UPSERT,ResourceRecordSet={change}}}]'"
    )


def _after_creation(name: str) -> str:
    query = "HostedZones[0].Id"
    return (
        f"aws route53 get-hosted-zone --query DelegationSet.NameServers --id "
        f"$(aws route53 list-hosted-zones-by-name --dns-name {name} --max-items 1 --query '{query}' --output text)\n"
        f"then put these as NS records of {name} into the zone {name.partition('.')[2]}"
    )


CHECKS = (
    Check(
        name="delegation",
        step=Step.DOMAIN,
        looks_at="The hosted zone (`route53 get-hosted-zone`), and whether DNS answers with its name servers.",
        mends="NS records in the parent zone, by its owner: before the first update for `zone.kind: adopt`, while it "
        "runs for `create`. Minutes, or the time to live of earlier records.",
        run=_delegation,
    ),
)
