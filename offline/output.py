"""What the engine says of a run: read, and shown in words that hold here."""

import re
from collections.abc import Iterator

from offline.findings import COLORS, told_once
from offline.process import Lines

# The engine's own `preview failed` follows a mandatory finding as well.
_ERROR = re.compile(r"\berror: (?!(?:preview|update) failed\s*$)", re.M)
_COMMAND = re.compile(r"`pulumi ([^`]+)`")
_REPORT = "error: The Pulumi CLI encountered a snapshot integrity error"
UPDATE_FAILS = "The update fails unless it deploys the service anew."
_PRAISE = "\N{WHITE HEAVY CHECK MARK}"


def changes_nothing(preview: str) -> bool:
    """Whether the output of a preview tells that neither resources nor outputs would change.

    Not if the program warns of a broken service, for which the update would fail (`components/blocks/live.py`).
    """
    text = COLORS.sub("", preview)
    unchanged = re.search(r"^ +\d+ unchanged$", text, re.M)
    changed = re.search(r"^Outputs:|^ +\D*\d+ (to \w+|errored)$", text, re.M)
    return bool(unchanged) and not changed and UPDATE_FAILS not in text


def tells_error(said: str) -> bool:
    """Whether the program or a resource failed; a finding of the policies is none."""
    return bool(_ERROR.search(COLORS.sub("", said)))


def without_trace(complaints: Lines) -> Iterator[str]:
    """What the engine complains about, without its own stack traces: the error that they are about is one line."""
    in_report = in_trace = False
    for line in complaints:
        in_report = in_report or line.startswith(_REPORT)
        in_trace = in_trace or line.startswith(("goroutine ", "Stack Trace:"))
        if not in_report and not in_trace:
            yield line
        elif line.startswith("Error:"):
            yield f"error: {line.removeprefix('Error:').strip()}\n"


def adapted(lines: Lines, stack: str) -> Iterator[str]:
    """The lines of a run, with commands that can be run here, and with each rule's findings as one.

    After an error the policies have judged next to nothing, so that packs without findings are left out.
    """
    return told_once(_without_praise(lines, stack))


def _without_praise(lines: Lines, stack: str) -> Iterator[str]:
    failed = within = False
    held = ""
    for line in lines:
        text = COLORS.sub("", line)
        failed = failed or bool(_ERROR.search(text))
        if text.startswith("Policies:"):
            held, within = line, True
        elif within and failed and _PRAISE in text:
            pass
        elif held and not text.strip():
            held, within = "", False
        else:
            within = within and bool(text.strip())
            yield held + _COMMAND.sub(rf"`make pulumi ENV={stack} ARGS='\1'`", line)
            held = ""
