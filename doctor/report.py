"""The doctor's answer as a table, and as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from doctor.duration import Duration
from doctor.price import Bill
from doctor.program import Program
from doctor.result import Answer, Finding, Status

_COLOURS = {Status.MISSING: "red", Status.UNSEEN: "yellow", Status.LATER: "cyan", Status.OK: "green"}
_OK, _MISSING, _INCOMPLETE = 0, 1, 3


def exit_code(answers: Sequence[Answer]) -> int:
    """0: nothing is missing; 1: something is; 3: nothing that was seen, but not all could be looked at."""
    seen = {finding.status for answer in answers for finding in answer.findings}
    if Status.MISSING in seen:
        return _MISSING
    return _INCOMPLETE if Status.UNSEEN in seen else _OK


def show(console: Console, answers: Sequence[Answer]) -> None:
    """Missing first, then what could not be looked at, then what waits for the first update; what is well, last."""
    for status in Status:
        rows = [(answer, finding) for answer in answers for finding in answer.findings if finding.status is status]
        if not rows:
            continue
        table = Table(
            title=f"{status.value}: {len(rows)}", title_justify="left", title_style=f"bold {_COLOURS[status]}"
        )
        table.add_column("step", no_wrap=True)
        table.add_column("looked at", overflow="fold", ratio=2)
        table.add_column("found", overflow="fold", ratio=3)
        earlier = ""
        for answer, finding in rows:
            found = "as above" if finding.found == earlier else escape(finding.found)
            table.add_row(answer.check.step.value, escape(finding.subject), found)
            earlier = finding.found
        console.print(table)
        _show_mends(console, [finding for _, finding in rows])
    counts = ", ".join(f"{_count(answers, status)} {status.value}" for status in Status)
    console.print(f"{counts}\nThe steps in their order: docs/before-the-first-up.md", highlight=False, soft_wrap=True)


def _show_mends(console: Console, findings: Sequence[Finding]) -> None:
    """Commands outside the table and on lines of their own, so that they can be copied."""
    for finding in findings:
        if finding.mend:
            console.print(f"  {escape(finding.subject)}", style="bold", highlight=False, soft_wrap=True)
            console.print(
                f"    {escape(finding.mend).replace(chr(10), chr(10) + '    ')}", highlight=False, soft_wrap=True
            )


def _count(answers: Sequence[Answer], status: Status) -> int:
    return sum(finding.status is status for answer in answers for finding in answer.findings)


def show_outlook(console: Console, duration: Duration, bill: Bill) -> None:
    """How long the first update takes, and what the stack costs without a customer."""
    console.print(f"First update: about {duration.minutes} minutes. Longest way:", highlight=False)
    for name, type_, minutes in duration.way:
        console.print(f"  {minutes:>5g} min  {type_}  {name}", highlight=False)
    console.print(
        f"Idle price: about {bill.total:,.0f} USD a month ({bill.region}, list prices of {bill.date}); "
        "by switch in docs/idle-costs.md",
        highlight=False,
    )
    for switch in bill.uncounted:
        console.print(f"  not counted, no price is recorded: {switch}", highlight=False)


def as_json(program: Program, answers: Sequence[Answer], duration: Duration, bill: Bill) -> str:
    """Everything that the tables show."""
    checks: list[dict[str, Any]] = [
        {
            "check": answer.check.name,
            "step": answer.check.step.value,
            "looks_at": answer.check.looks_at,
            "mends": answer.check.mends,
            "findings": [
                {"status": found.status.value, "subject": found.subject, "found": found.found, "mend": found.mend}
                for found in answer.findings
            ],
        }
        for answer in answers
    ]
    return json.dumps(
        {
            "stack": program.stack,
            "exit_code": exit_code(answers),
            "checks": checks,
            "first_update": {
                "minutes": duration.minutes,
                "longest_way": [{"name": name, "type": type_, "minutes": m} for name, type_, m in duration.way],
            },
            "idle_price": {
                "usd_a_month": round(bill.total, 2),
                "region": bill.region,
                "date": bill.date,
                "not_counted": list(bill.uncounted),
                "by_switch": {switch: round(usd, 2) for switch, usd in bill.by_switch().items()},
            },
        },
        indent=2,
    )
