"""Rules of accounts, sign-in pages and their messages."""

from collections.abc import Iterator
from typing import Annotated

from settings.identity import AccountSettings, CustomDomain, PrefixDomain
from settings.problems import NOTHING, Problem
from settings.relations.reads import Account, AlternativeNames, DomainName, Protect, Region
from settings.relations.relation import Reads, problem, relation
from settings.senders import CognitoSender, SesSender


@relation
def protected_accounts_confirm_their_choice(
    protect: Protect, accounts: Annotated[AccountSettings, Reads("identity.accounts")]
) -> Iterator[Problem]:
    if protect and accounts.confirmed_choice is None:
        yield problem(
            "identity.accounts.confirmed_choice",
            NOTHING,
            "must be given with `environment.protect`: without it a change here could make AWS replace the user pool,"
            " and delete all customer accounts",
            accounts.choice,
        )


@relation
def sign_in_pages_have_a_name_of_their_own(
    domain_name: DomainName,
    alternative_names: AlternativeNames,
    domain: Annotated[CustomDomain | PrefixDomain, Reads("identity.domain")],
) -> Iterator[Problem]:
    if not isinstance(domain, CustomDomain):
        return
    host_name = f"{domain.label}.{domain_name}"
    if host_name in alternative_names:
        yield problem(
            "identity.domain.label",
            domain.label,
            f"must not make {host_name}, which `dns.alternative_names` has for the store's own pages",
            fix="take another label, or leave the name out of `dns.alternative_names`",
        )
    if len(host_name) > 63:
        yield problem(
            "identity.domain.label",
            domain.label,
            f"must make a name of at most 63 characters for Cognito; {host_name} has {len(host_name)}",
            fix="take a shorter label, or `domain: {kind: prefix}`",
        )


@relation
def messages_leave_from_the_environment(
    account_id: Account, region: Region, sender: Annotated[CognitoSender | SesSender, Reads("identity.email")]
) -> Iterator[Problem]:
    arn = sender.identity_arn if isinstance(sender, SesSender) else None
    if arn is not None and arn.split(":")[3:5] != [region, account_id]:
        name = arn.partition(":identity/")[2]
        yield problem(
            "identity.email.identity_arn",
            arn,
            f"must be an identity of the environment's account {account_id} in its home Region {region}",
            f"arn:aws:ses:{region}:{account_id}:identity/{name}",
        )


@relation
def messages_are_from_the_store(
    domain_name: DomainName, sender: Annotated[CognitoSender | SesSender, Reads("identity.email")]
) -> Iterator[Problem]:
    if not isinstance(sender, SesSender) or sender.identity_arn is not None:
        return
    name, _, host = sender.from_address.rpartition("@")
    if host != domain_name and not host.endswith(f".{domain_name}"):
        yield problem(
            "identity.email.from_address",
            sender.from_address,
            f"must be in the store's domain {domain_name}, the identity that the stack makes: SES refuses others",
            f"{name}@{domain_name}",
        )
