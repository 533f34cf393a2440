"""Who may invoke a function by its own policy."""

from fnmatch import fnmatchcase
from typing import Final

from local.state import Deployed

_PERMISSION: Final = "aws:lambda/permission:Permission"


def may_invoke(deployed: Deployed, principal: str, function_arn: str, source_arn: str) -> bool:
    """Whether a permission of the state lets a service invoke a function for a resource."""
    function = deployed.by_arn(function_arn)
    names = {function_arn} if function is None else {function_arn, function.outputs["name"]}
    return any(
        permission.outputs["function"] in names
        and permission.outputs["principal"] == principal
        and permission.outputs["action"] in ("lambda:InvokeFunction", "lambda:*")
        and fnmatchcase(source_arn, (permission.outputs.get("sourceArn") or "*").replace("[", "[[]"))
        and permission.outputs.get("sourceAccount") in (None, "", deployed.account_id)
        for permission in deployed.of_type(_PERMISSION)
    )
