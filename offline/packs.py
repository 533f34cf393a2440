"""The policy pack of a stack, configured for its profile."""

from collections.abc import Mapping

from offline.project import PROJECT
from offline.workspace import Workspace

POLICIES = PROJECT / "policies"
PACK = PROJECT / "offline" / "bin" / "policies"
"""The combined pack as an executable."""


def policy_options(workspace: Workspace, stack: str) -> list[str]:
    """The combined pack, configured for the profile that the stack file names."""
    section = workspace.stack_settings(stack).get("web-store:environment")
    profile = section.get("profile") if isinstance(section, Mapping) else None
    config = POLICIES / "config" / f"{profile}.json"
    if not config.is_file():
        # The settings loader reports the wrong section; until it is corrected the strictest rules apply.
        config = POLICIES / "config" / "prod.json"
    return ["--policy-pack", str(PACK), "--policy-pack-config", str(config)]
