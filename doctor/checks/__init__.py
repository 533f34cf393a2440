"""The checks, by the steps of the way to the first update."""

from collections.abc import Iterator, Sequence

from doctor.account import Account, UnseenError
from doctor.checks import (
    account,
    backend,
    deployer,
    domain,
    email,
    fixed_limits,
    images,
    names,
    partners,
    quotas,
    secrets,
    services,
)
from doctor.program import Program
from doctor.result import Answer, Check, Finding, Step, unseen

_MODULES = (account, services, backend, deployer, quotas, fixed_limits, domain, email, images, secrets, partners, names)
CHECKS: Sequence[Check] = sorted(
    (check for module in _MODULES for check in module.CHECKS), key=lambda check: list(Step).index(check.step)
)


def answers(program: Program, account: Account, checks: Sequence[Check] = CHECKS) -> Iterator[Answer]:
    """Run the checks one after the other."""
    for check in checks:
        yield Answer(check, tuple(_findings(check, program, account)))


def _findings(check: Check, program: Program, account: Account) -> Iterator[Finding]:
    try:
        if check.in_account:
            account.demand_right_account()
        yield from check.run(program, account)
    except UnseenError as reason:
        yield unseen(check.looks_at, str(reason))
