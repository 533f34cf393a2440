"""Schedule expressions of EventBridge, Scheduler, Backup and others: `rate(...)`, `cron(...)`, `at(...)`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((.*)\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_FIELDS = ("minutes", "hours", "day of month", "month", "day of week", "year")
_ALLOWED = (
    re.compile(r"[0-9*,/-]+"),
    re.compile(r"[0-9*,/-]+"),
    re.compile(r"[0-9*,/?LW-]+"),
    re.compile(r"[0-9A-Z*,/-]+"),
    re.compile(r"[0-9A-Z*,/?L#-]+"),
    re.compile(r"[0-9*,/-]+"),
)
_MONTHS = frozenset(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
_DAYS = frozenset(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "L"])
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))


def schedule_fault(expression: str, *, once: bool = False) -> str | None:
    """Why a schedule expression is wrong; None when it is right. `once` allows `at(...)`."""
    rate = _RATE.fullmatch(expression)
    if rate:
        return _rate_fault(int(rate[1]), rate[2])
    cron = _CRON.fullmatch(expression)
    if cron:
        return _cron_fault(cron[1])
    if once and _AT.fullmatch(expression):
        return None
    ways = "rate(5 minutes), cron(0 5 * * ? *)" + (" or at(2026-01-31T12:00:00)" if once else "")
    return f"must be a schedule such as {ways}"


def _rate_fault(value: int, unit: str) -> str | None:
    if value < 1:
        return "the value of a rate must be at least 1"
    if (value == 1) == unit.endswith("s"):
        return "the unit of a rate must be singular for 1, plural otherwise: rate(1 hour), rate(2 hours)"
    return None


def _cron_fault(text: str) -> str | None:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"cron must have 6 fields ({', '.join(_FIELDS)}); {len(fields)} found"
    for name, field, allowed, bounds in zip(_FIELDS, fields, _ALLOWED, _BOUNDS, strict=True):
        if not allowed.fullmatch(field.upper()):
            return f"{name} must not be {field!r}"
        words = set(re.findall(r"[A-Z]+", field.upper())) - {"W", "L", "LW"}
        if words - _MONTHS - _DAYS:
            return f"{name} must not be {field!r}"
        numbers = [int(number) for number in re.findall(r"(?<![/#\d])\d+", field)]
        if any(not bounds[0] <= number <= bounds[1] for number in numbers):
            return f"{name} must be between {bounds[0]} and {bounds[1]}; {field!r} found"
    if "?" not in (fields[2], fields[4]):
        return "one of day of month and day of week must be ?"
    return None
