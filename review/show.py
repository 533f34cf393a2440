"""A review on a terminal, and as the comment of a pull request."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from review.report import OPS, Review, told

# A comment of GitHub takes 65,536 characters.
_CHARACTERS: Final = 60_000
_LISTED: Final = 40


def show(console: Console, review: Review) -> None:
    console.rule(f"[bold]{review.stack}[/] against {review.base[:12]}", align="left")
    if review.note:
        console.print(review.note, markup=False, highlight=False)
    for heading, lines in told(review):
        if lines:
            console.print(f"[bold]{heading}[/]")
            for line in lines:
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"[bold]Cost[/]\n  {review.cost.words}", highlight=False)
    for switch, usd in sorted(review.cost.by_switch.items(), key=lambda one: -abs(one[1])):
        console.print(f"    {usd:+,.2f}  {switch}", markup=False, highlight=False)
    if not review.boxes:
        console.print("No resource changes.")
        return
    table = Table("box", *OPS, title="Resources", title_justify="left")
    for box, ops in review.boxes.items():
        table.add_row(box, *(str(len(ops.get(op, ()))) if ops.get(op) else "" for op in OPS))
    table.add_row("all", *(str(review.counts[op]) for op in OPS))
    console.print(table)


def markdown(review: Review) -> str:
    """The comment of a pull request; the first line tells it from other comments."""
    lines = [
        f"<!-- web-store preview of {review.stack} -->",
        f"### What this changes in `{review.stack}`",
        "",
        f"Against `{review.base[:12]}`, as deployed on offline AWS. {_counts(review)}; {review.cost.words}.",
        *([review.note] if review.note else []),
    ]
    for heading, said in told(review):
        if said:
            lines += ["", f"**{heading}**", *_bullets(said)]
    if review.cost.by_switch:
        lines += ["", "<details><summary>Cost by switch</summary>", "", "| switch | USD a month |", "| --- | ---: |"]
        lines += [f"| {switch} | {usd:+,.2f} |" for switch, usd in review.cost.by_switch.items()]
        lines += ["", "</details>"]
    for box, ops in review.boxes.items():
        counts = ", ".join(f"{len(names)} {op}" for op, names in ops.items())
        lines += ["", f"<details><summary>{box}: {counts}</summary>", ""]
        for op in OPS:
            names = ops.get(op, ())
            if names:
                lines += [f"{op}:", *_bullets(names[:_LISTED])]
                lines += [f"- and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
        lines += ["", "</details>"]
    return _bounded(lines)


def _counts(review: Review) -> str:
    counts = [f"{count} {op}" for op, count in review.counts.items() if count]
    return ", ".join(counts) or "No resource changes"


def _bullets(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        first, *rest = line.strip().splitlines() or [""]
        indent = "  " if line.startswith("  ") else ""
        yield f"{indent}- {first}"
        yield from (f"{indent}  {more}" for more in rest)


def _bounded(lines: Sequence[str]) -> str:
    kept, size = list[str](), 0
    for line in lines:
        size += len(line) + 1
        if size > _CHARACTERS:
            kept += ["", "The rest does not fit into a comment: `make pr` shows it."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"
