"""One clear message in place of a stack trace: the plugin tells the engine a trace of whatever is raised."""

import sys
import traceback
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class RefusedError(Exception):
    """AWS, or the provider, refuses a step; the text says which, why and what to do."""


def said(problem: ClientError | BotoCoreError) -> str:
    """AWS's own words."""
    if isinstance(problem, ClientError):
        error = problem.response.get("Error", {})
        return f"{error.get('Code', 'Unknown')}: {error.get('Message', '')}"
    return str(problem)


def code_of(problem: ClientError) -> str:
    return problem.response.get("Error", {}).get("Code", "")


class _Told:
    """Stands for the module `traceback` in the plugin, which asks it for this alone."""

    def format_exc(self) -> str:
        problem = sys.exc_info()[1]
        return str(problem) if isinstance(problem, RefusedError) else traceback.format_exc()


def tell_refusals_plainly() -> None:
    """Let the plugin tell a `RefusedError` by its text; of all else it goes on to tell the trace.

    The plugin (`pulumi.dynamic.__main__`) has no other way than a trace to answer that a step failed.
    """
    plugin: dict[str, Any] = vars(sys.modules["__main__"])
    if "DynamicResourceProviderServicer" in plugin:
        plugin["traceback"] = _Told()
