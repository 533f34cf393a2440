"""Services that an account opened today cannot use, by the record of `lifecycle.py`."""

from collections.abc import Iterator

from doctor.account import Account
from doctor.program import Program
from doctor.result import Check, Finding, Step, later, missing, ok, unseen
from lifecycle import CHECKED, Status, by_kind
from offline.recorder import Registered

_CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"


def _kind(resource: Registered) -> str:
    if resource.type == _CLOUD_CONTROL:
        return str(resource.inputs.get("typeName"))
    return resource.type.removeprefix("aws:").rpartition(":")[0]


def _run(program: Program, _: Account) -> Iterator[Finding]:
    services = by_kind(Status.SUPERSEDED, Status.CLOSED, Status.ENDED)
    used = {
        services[kind].name: services[kind] for resource in program.resources if (kind := _kind(resource)) in services
    }
    for service in used.values():
        mend = f"use {service.successor} ({service.source})"
        if service.status is Status.ENDED:
            yield missing(service.name, service.words, mend)
        elif service.status is Status.CLOSED:
            yield unseen(service.name, f"{service.words}: only an account that had it before can go on", mend)
        else:
            yield later(service.name, service.words, mend)
    if not used:
        yield ok("services", f"none is superseded, closed or ended, as of {CHECKED}")


CHECKS = (
    Check(
        name="services",
        step=Step.ACCOUNT,
        looks_at="Whether the stack uses a service that AWS has ended, closed to new customers or superseded "
        "([lifecycle](lifecycle.md)).",
        mends="The successor, by the setting of the capability.",
        run=_run,
        in_account=False,
    ),
)
