"""What a check finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doctor.account import Account
from doctor.program import Program


class Status(StrEnum):
    MISSING = "missing"
    """A person must do something before `pulumi up`."""
    UNSEEN = "could not look"
    LATER = "during the first up"
    """A person must do something while or after the first update runs: what it needs is made by that update."""
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    status: Status
    subject: str
    """Resource or quota that was looked at."""
    found: str
    mend: str = ""
    """Command or setting that brings what is missing."""


def ok(subject: str, found: str) -> Finding:
    return Finding(Status.OK, subject, found)


def missing(subject: str, found: str, mend: str) -> Finding:
    return Finding(Status.MISSING, subject, found, mend)


def later(subject: str, found: str, mend: str) -> Finding:
    return Finding(Status.LATER, subject, found, mend)


def unseen(subject: str, found: str, mend: str = "") -> Finding:
    return Finding(Status.UNSEEN, subject, found, mend)


class Step(StrEnum):
    """Steps to the first update, in their order."""

    ACCOUNT = "Account and Regions"
    BACKEND = "Backend, key and roles"
    DEPLOYER = "Permissions of the deployer"
    QUOTAS = "Quotas"
    DOMAIN = "Domain"
    EMAIL = "Email"
    IMAGES = "Container images"
    SECRETS = "Secrets"
    PARTNERS = "Partners"
    NAMES = "Names and leftovers"


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    step: Step
    looks_at: str
    """What is looked at, and by which call."""
    mends: str
    """How a person brings what is missing, and how long AWS takes."""
    run: Callable[[Program, Account], Iterable[Finding]]
    in_account: bool = True
    """It asks AWS about the account, so credentials of another account would mislead."""


@dataclass(frozen=True)
class Answer:
    check: Check
    findings: Sequence[Finding]
