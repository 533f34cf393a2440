"""Rules of host names: what other zones answer for."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from settings.dns import AdoptZone, CreateZone, Delegation
from settings.identity import CustomDomain, PrefixDomain
from settings.problems import Problem
from settings.relations.reads import AlternativeNames, DomainName
from settings.relations.relation import Reads, problem, relation
from settings.senders import CognitoSender, SesSender

Sender = Annotated[CognitoSender | SesSender, Reads("identity.email")]


@relation
def hosts_of_the_store_are_in_its_own_zone(
    zone: Annotated[CreateZone | AdoptZone, Reads("dns.zone")],
    delegations: Annotated[Mapping[str, Delegation], Reads("dns.delegations")],
    domain_name: DomainName,
    sign_in: Annotated[CustomDomain | PrefixDomain, Reads("identity.domain")],
    api_label: Annotated[str, Reads("api.host_label")],
    sender: Sender,
) -> Iterator[Problem]:
    hosts = {f"{api_label}.{domain_name}": "`api.host_label`"}
    if isinstance(sender, SesSender) and sender.identity_arn is None:
        hosts[f"{sender.mail_from_label}.{domain_name}"] = "`identity.email.mail_from_label`"
    if isinstance(sign_in, CustomDomain):
        hosts[f"{sign_in.label}.{domain_name}"] = "`identity.domain.label`"
    for child in delegations:
        for host, setting in hosts.items():
            if host == f"{child}.{zone.name}" or host.endswith(f".{child}.{zone.name}"):
                yield problem(
                    f"dns.delegations.{child}",
                    delegations[child].name_servers,
                    f"must not be delegated: {host}, which {setting} makes, has its records in {zone.name}",
                    fix=f"leave it out, or change {setting}",
                )


@relation
def bounces_return_to_a_host_of_their_own(
    domain_name: DomainName,
    alternative_names: AlternativeNames,
    sign_in: Annotated[CustomDomain | PrefixDomain, Reads("identity.domain")],
    api_label: Annotated[str, Reads("api.host_label")],
    sender: Sender,
) -> Iterator[Problem]:
    if not isinstance(sender, SesSender) or sender.identity_arn is not None:
        return
    host = f"{sender.mail_from_label}.{domain_name}"
    labels = {api_label, *([sign_in.label] if isinstance(sign_in, CustomDomain) else [])}
    if sender.mail_from_label in labels or host in alternative_names:
        yield problem(
            "identity.email.mail_from_label",
            sender.mail_from_label,
            f"must not make {host}, which has another purpose: SES wants a host that nothing else uses"
            " (https://docs.aws.amazon.com/ses/latest/dg/mail-from.html)",
            "bounce",
        )
