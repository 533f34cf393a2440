"""Secrets and parameters that the stack names and does not make."""

import json
import re

from doctor.program import Program

_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+|ssm:[a-z0-9-]+:\d{12}:parameter/[\w./-]+)"
)


def named(program: Program) -> list[str]:
    """ARNs of secrets and parameters that settings or resources name and the program does not make."""
    text = program.settings.model_dump_json() + json.dumps([r.inputs for r in program.resources], default=str)
    found = {re.sub(r"[.-]+$", "", arn) for arn in _ARN.findall(text)}
    return sorted(arn for arn in found if not program.made(arn) and "*" not in arn and not _is_part(arn, found))


def _is_part(arn: str, found: set[str]) -> bool:
    return any(other != arn and other.startswith(f"{arn}-") for other in found)
