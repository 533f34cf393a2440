"""Rules between settings, within a section and across sections."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from events.catalogue import events, undeclared
from settings.backup import BackupPlan, NoBackup
from settings.data import TablesSettings
from settings.edge import SecretHeader, VpcOrigin
from settings.events import ThirdParty
from settings.feeds import Kinesis, MskProvisioned, MskServerless, Stream, foreign_owners
from settings.identity import AccountSettings, CognitoSender, CustomDomain, PrefixDomain, SesSender
from settings.network import (
    Layer,
    LayerName,
    Layers,
    OpenEgress,
    PaymentEgress,
    made_layers,
    plan_subnets,
    zone_addresses,
)
from settings.problems import NOTHING, Problem, in_yaml, shown
from settings.web_tier import ServiceSettings

Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True)
class Relation:
    """A rule, and what it reads: settings (`section.field`), the stack's name (`stack`), the names of its `secrets`.

    It is checked whenever these are valid by themselves, whatever else is wrong.
    """

    name: str
    reads: tuple[str, ...]
    check: Check


def relation(*reads: str) -> Callable[[Check], Relation]:
    """Make the function below a rule; its name, a sentence, is the rule's name."""
    return lambda check: Relation(check.__name__.replace("_", " "), reads, check)


def problem(path: str, received: Any, rule: str, write: Any = None, *, fix: str = "") -> Problem:
    parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return Problem(parts, shown(received, parts), rule, fix or in_yaml(parts, write))


@relation("stack", "environment.name")
def environment_is_named_like_its_stack(stack: str, name: str) -> Iterator[Problem]:
    if stack != name and not stack.startswith(f"{name}-"):
        yield problem(
            "environment.name",
            name,
            f"must be the stack's name `{stack}`, or its beginning up to a hyphen, so that no stack passes for another",
            stack,
        )


@relation("environment.account_id", "environment.assume_role_arn")
def role_is_in_the_account(account_id: str, role_arn: str | None) -> Iterator[Problem]:
    if role_arn is not None and role_arn.split(":")[4] != account_id:
        yield problem(
            "environment.assume_role_arn",
            role_arn,
            f"must be a role of the environment's account {account_id}",
            ":".join([*role_arn.split(":")[:4], account_id, *role_arn.split(":")[5:]]),
        )


@relation("environment.region", "network.zones")
def zones_lie_in_the_region(region: str, zones: tuple[str, ...]) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone[:-1] != region:
            meant = [f"{region}{zone[-1]}" for zone in zones]
            yield problem(
                f"network.zones.{position}",
                zone,
                f"must be a zone of the Region {region}",
                fix=in_yaml(("network", "zones"), meant),
            )


@relation("network.zones")
def zones_are_named_once(zones: tuple[str, ...]) -> Iterator[Problem]:
    for position, zone in enumerate(zones):
        if zone in zones[:position]:
            yield problem(
                f"network.zones.{position}",
                zone,
                "names a zone a second time; two subnets in one zone fail together",
                fix="name another zone of the Region, or leave this entry out",
            )


@relation("network.cidr_block", "network.zones", "network.layers", "network.payment_egress")
def subnets_fit_into_the_vpc(
    cidr_block: str, zones: tuple[str, ...], layers: Layers, egress: PaymentEgress
) -> Iterator[Problem]:
    vpc = IPv4Network(cidr_block)
    made = made_layers(egress)
    listed = True
    for name in made:
        layer: Layer = getattr(layers, name)
        for position, block in enumerate(layer.cidr_blocks or ()):
            if not IPv4Network(block).subnet_of(vpc):
                yield problem(
                    f"network.layers.{name}.cidr_blocks.{position}",
                    block,
                    f"must lie inside the VPC's block {cidr_block}",
                    fix="choose a block inside, or a larger `web-store:network.cidr_block`",
                )
        if layer.cidr_blocks is not None and len(layer.cidr_blocks) != len(zones):
            listed = False
            yield problem(
                f"network.layers.{name}.cidr_blocks",
                layer.cidr_blocks,
                f"must have one block for each of the {len(zones)} zones",
                fix=f"list {len(zones)} blocks, in the order of `zones`",
            )
    masks = {name: getattr(layers, name).mask for name in made}
    needed = _zone_need(masks)
    room = zone_addresses(cidr_block, len(zones))
    if needed > room:
        sizes = ", ".join(f"{name} /{mask}" for name, mask in masks.items() if mask is not None)
        yield problem(
            "network.cidr_block",
            cidr_block,
            f"is too small: the subnets of a zone ({sizes}) take {needed} addresses, a zone has {room}",
            fix="take a larger block (at most /16), or larger numbers as `mask` in `layers`",
        )
    elif listed:
        yield from _overlaps(cidr_block, zones, layers, made)


def _zone_need(masks: dict[Any, int | None]) -> int:
    """Addresses that the layers take in a zone, with the gaps that their order leaves."""
    end = 0
    for mask in masks.values():
        if mask is not None:
            size = 1 << (32 - mask)
            end = -(-end // size) * size + size
    return end


def _overlaps(
    cidr_block: str, zones: tuple[str, ...], layers: Layers, made: tuple[LayerName, ...]
) -> Iterator[Problem]:
    planned = plan_subnets(cidr_block, len(zones), layers, made)
    subnets = [(name, index, block) for name, blocks in planned.items() for index, block in enumerate(blocks)]
    for (first, first_zone, one), (second, second_zone, other) in combinations(subnets, 2):
        if not one.overlaps(other):
            continue
        name, index, block, against = second, second_zone, other, f"{first} subnet in {zones[first_zone]}, {one}"
        if getattr(layers, second).cidr_blocks is None:
            name, index, block, against = first, first_zone, one, f"{second} subnet in {zones[second_zone]}, {other}"
        yield problem(
            f"network.layers.{name}.cidr_blocks.{index}",
            str(block),
            f"overlaps the {against}; an address can belong to one subnet only",
            fix="choose blocks that do not share addresses",
        )


_TO_START = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
"""Interface endpoints without which no container starts where there is no way to the internet."""


@relation("network.nat", "network.interface_endpoints")
def services_reach_aws_without_nat(nat: str, endpoints: tuple[str, ...]) -> Iterator[Problem]:
    missing = [name for name in _TO_START if name not in endpoints]
    if nat == "none" and missing:
        yield problem(
            "network.interface_endpoints",
            endpoints,
            f"without NAT gateways no container starts unless image, log and secret services have endpoints; missing: "
            f"{', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation("network.nat", "network.interface_endpoints", "network.payment_egress")
def payment_services_reach_aws_past_their_list(
    nat: str, endpoints: tuple[str, ...], egress: PaymentEgress
) -> Iterator[Problem]:
    missing = [name for name in _TO_START if name not in endpoints]
    # Without NAT gateways the rule before says the same of all services.
    if missing and nat != "none" and not isinstance(egress, OpenEgress):
        yield problem(
            "network.interface_endpoints",
            endpoints,
            "`payment_egress` lets payment services reach their provider only, so no container of theirs starts unless"
            f" image, log and secret services have endpoints; missing: {', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation("network.nat", "network.payment_egress")
def payments_leave_through_nat(nat: str, egress: PaymentEgress) -> Iterator[Problem]:
    if nat == "none" and egress.engine != "closed":
        yield problem(
            "network.payment_egress.engine",
            egress.engine,
            "`network.nat: none` leaves payment services no way to their provider",
            fix="write `payment_egress: {engine: closed}`, or `nat: single` or `nat: one_per_az`",
        )


@relation("network.nat", "web_tier.service")
def services_without_nat_stay_inside(nat: str, service: ServiceSettings) -> Iterator[Problem]:
    if nat == "none" and not service.image.partition("/")[0].endswith(".amazonaws.com"):
        yield problem(
            "web_tier.service.image",
            service.image,
            "is pulled over the internet, and `network.nat: none` leaves no way there",
            fix="mirror the image in an ECR repository of the Region, or write `nat: single` or `nat: one_per_az`",
        )
    elif nat == "none" and service.reach_internet:
        yield problem(
            "web_tier.service.reach_internet",
            True,
            "`network.nat: none` leaves tasks no way to the internet",
            False,
        )


@relation("network.interface_endpoints")
def endpoints_are_named_once(endpoints: tuple[str, ...]) -> Iterator[Problem]:
    if len(set(endpoints)) != len(endpoints):
        yield problem(
            "network.interface_endpoints", endpoints, "names an endpoint twice", list(dict.fromkeys(endpoints))
        )


@relation("edge.origin", "secrets")
def secret_header_has_its_secret(origin: VpcOrigin | SecretHeader, secrets: Collection[str]) -> Iterator[Problem]:
    if origin.kind == "secret_header" and "origin_secret" not in secrets:
        yield problem(
            "origin_secret",
            NOTHING,
            "`edge.origin.kind: secret_header` needs the secret that CloudFront sends with each request",
            fix='pulumi config set --secret web-store:origin_secret "$(openssl rand -hex 32)"',
        )


@relation("environment.region", "shared_files.replica_region")
def files_are_copied_to_another_region(region: str, replica_region: str | None) -> Iterator[Problem]:
    if region == replica_region:
        yield problem(
            "shared_files.replica_region",
            replica_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )


@relation("environment.region", "environment.account_id", "data.tables")
def tables_are_copied_to_other_regions(region: str, account_id: str, tables: TablesSettings) -> Iterator[Problem]:
    for name, (table, _) in tables.all.items():
        path = f"data.tables.{'extra.' if name in tables.extra else ''}{name}.replica_key_arns"
        for replica, key_arn in table.replica_key_arns.items():
            if replica == region:
                yield problem(path, replica, "must name other Regions than the home Region", fix=f"leave {replica} out")
            elif key_arn.split(":")[3:5] != [replica, account_id]:
                yield problem(
                    f"{path}.{replica}",
                    key_arn,
                    f"must be a key of the environment's account {account_id} in {replica}: DynamoDB encrypts each copy"
                    " with a key of its Region",
                    f"arn:aws:kms:{replica}:{account_id}:key/{key_arn.partition(':key/')[2]}",
                )


@relation("environment.region", "media.replica_region")
def media_is_copied_to_another_region(region: str, replica_region: str | None) -> Iterator[Problem]:
    if region == replica_region:
        yield problem(
            "media.replica_region",
            replica_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )


@relation("environment.protect", "identity.accounts")
def protected_accounts_are_sealed(protect: bool, accounts: AccountSettings) -> Iterator[Problem]:
    if protect and accounts.seal is None:
        yield problem(
            "identity.accounts.seal",
            NOTHING,
            "`environment.protect` needs the accounts' seal: without it a change here could have AWS replace the user"
            " pool, and delete all customer accounts",
            accounts.sealed,
        )


@relation("dns.domain_name", "dns.alternative_names", "identity.domain")
def sign_in_pages_have_a_name_of_their_own(
    domain_name: str, alternative_names: tuple[str, ...], domain: CustomDomain | PrefixDomain
) -> Iterator[Problem]:
    if not isinstance(domain, CustomDomain):
        return
    host_name = f"{domain.label}.{domain_name}"
    if host_name in alternative_names:
        yield problem(
            "identity.domain.label",
            domain.label,
            f"makes {host_name}, which `dns.alternative_names` leads to the store's own pages",
            fix="take another label, or leave the name out of `dns.alternative_names`",
        )
    if len(host_name) > 63:
        yield problem(
            "identity.domain.label",
            domain.label,
            f"makes {host_name} of {len(host_name)} characters, and Cognito takes 63",
            fix="take a shorter label, or `domain: {kind: prefix}`",
        )


@relation("environment.account_id", "environment.region", "identity.email")
def messages_leave_from_the_environment(
    account_id: str, region: str, sender: CognitoSender | SesSender
) -> Iterator[Problem]:
    if isinstance(sender, SesSender) and sender.identity_arn.split(":")[3:5] != [region, account_id]:
        name = sender.identity_arn.partition(":identity/")[2]
        yield problem(
            "identity.email.identity_arn",
            sender.identity_arn,
            f"must be an identity of the environment's account {account_id} in its home Region {region}",
            f"arn:aws:ses:{region}:{account_id}:identity/{name}",
        )


@relation("events.third_parties")
def third_parties_get_declared_fields_of_declared_classes(parties: Mapping[str, ThirdParty]) -> Iterator[Problem]:
    for name, party in parties.items():
        path = f"events.third_parties.{name}"
        sent: set[str] = set()
        for event_name, delivery in party.sends.items():
            event = events().get(event_name)
            if event is None:
                # An event's name holds dots, so the path ends before it.
                yield problem(
                    f"{path}.sends", event_name, undeclared(event_name), fix="name an event of docs/events.md"
                )
                continue
            always = sorted(field.path for field in event.fields.values() if field.required)
            wanted = [*delivery.fields.values(), *([delivery.only_if] if delivery.only_if else [])]
            for field_path in dict.fromkeys(wanted):
                field = event.fields.get(field_path)
                if field is None or not field.required:
                    yield problem(
                        f"{path}.sends",
                        field_path,
                        f"is no field that every {event_name} has; without a value the request would be no JSON",
                        fix=f"one of {', '.join(always)}",
                    )
                elif field_path == delivery.only_if and field.type != "boolean":
                    yield problem(
                        f"{path}.sends",
                        field_path,
                        f"is {field.type} in {event_name}; a condition needs a yes-or-no field",
                        fix="name a field of type boolean, or leave only_if out",
                    )
            sent |= {event.fields[path].data_class for path in delivery.fields.values() if path in event.fields}
        undeclared_classes = sorted(sent - set(party.data_classes))
        unused_classes = sorted(set(party.data_classes) - sent) if sent else []
        if undeclared_classes or unused_classes:
            what = " and ".join(
                [
                    *([f"lacks {', '.join(undeclared_classes)}, which it is sent"] if undeclared_classes else []),
                    *([f"names {', '.join(unused_classes)}, which it is not sent"] if unused_classes else []),
                ]
            )
            yield problem(
                f"{path}.data_classes",
                party.data_classes,
                f"{what}; the record of processing must be true",
                sorted(sent),
            )


@relation("environment.region", "events.third_parties")
def secrets_of_third_parties_lie_in_the_region(region: str, parties: Mapping[str, ThirdParty]) -> Iterator[Problem]:
    for name, party in parties.items():
        arn = party.auth.secret.arn
        if arn.split(":")[3] != region:
            yield problem(
                f"events.third_parties.{name}.auth.secret.arn",
                arn,
                f"must lie in the home Region {region}, where CloudFormation reads it",
                fix="name the secret's replica there",
            )


@relation("feeds.engine", "network.interface_endpoints")
def feeds_on_demand_reach_lambda(
    engine: MskProvisioned | MskServerless | Kinesis, endpoints: tuple[str, ...]
) -> Iterator[Problem]:
    missing = [name for name in ("lambda", "sqs", "sts") if name not in endpoints]
    if not isinstance(engine, Kinesis) and engine.pollers is None and missing:
        yield problem(
            "network.interface_endpoints",
            endpoints,
            f"without `feeds.engine.pollers` Lambda calls from the brokers' subnets, which have no other way out than"
            f" endpoints; missing: {', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation("feeds.engine", "network.zones")
def express_brokers_have_three_zones(
    engine: MskProvisioned | MskServerless | Kinesis, zones: tuple[str, ...]
) -> Iterator[Problem]:
    if isinstance(engine, MskProvisioned) and engine.express and len(zones) < 3:
        yield problem(
            "feeds.engine.instance_type",
            engine.instance_type,
            f"is an Express broker, which AWS sells over three zones only; `network.zones` names {len(zones)}",
            "kafka.m7g.large",
        )


@relation("environment.account_id", "feeds.engine", "feeds.streams")
def other_accounts_can_reach_the_feeds(
    account_id: str, engine: MskProvisioned | MskServerless | Kinesis, streams: dict[str, Stream]
) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html
    if isinstance(engine, MskProvisioned) and engine.instance_type == "kafka.t3.small":
        closed = "brokers of type kafka.t3.small take no VPC connections"
    elif isinstance(engine, MskServerless):
        closed = "a serverless cluster takes no VPC connections"
    else:
        return
    for name, owners in foreign_owners(streams, account_id).items():
        for owner in owners:
            position = streams[name].owners.index(owner)
            yield problem(
                f"feeds.streams.{name}.owners.{position}",
                owner,
                f"is a role of another account than {account_id}, and {closed}",
                fix="take kind msk-provisioned with a larger instance_type, or kind kinesis; or leave it out",
            )


@relation("environment.region", "backup.plan")
def backups_are_copied_to_another_region(region: str, plan: BackupPlan | NoBackup) -> Iterator[Problem]:
    if isinstance(plan, BackupPlan) and plan.copy_region == region:
        yield problem(
            "backup.plan.copy_region",
            plan.copy_region,
            "must be another Region than the home Region: a copy beside the original is lost with it",
            fix="name another Region, or leave it out for no copy",
        )


@relation("environment.protect", "backup.plan")
def vaults_for_ever_are_for_protected_environments(protect: bool, plan: BackupPlan | NoBackup) -> Iterator[Problem]:
    days = plan.lock.immutable_after_days if isinstance(plan, BackupPlan) and plan.lock else None
    if days is not None and not protect:
        yield problem(
            "backup.plan.lock.immutable_after_days",
            days,
            "makes a lock that nobody can remove, where `environment.protect: false` says that all may be destroyed",
            fix="leave it out: without it the lock is there, and can be lifted",
        )


@relation("backup.plan", "data.tables")
def restore_tests_name_their_tables(plan: BackupPlan | NoBackup, tables: TablesSettings) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingSelectionForCreate.html
    most = 30
    count = 1 + sum(design.backup for _, design in tables.all.values())
    if isinstance(plan, BackupPlan) and "tables" in plan.restore_tests and count > most:
        yield problem(
            "backup.plan.restore_tests",
            plan.restore_tests,
            f"a restore test names {most} tables at most, the store has {count} that are backed up",
            fix="leave `tables` out, or write `backup: false` in designs of tables that nobody would restore",
        )


RELATIONS = tuple(value for value in list(globals().values()) if isinstance(value, Relation))
