"""The child and output of an `awsx:ecr:Image`, as a plan: nothing is registered here.

Behaviour recorded from pulumi-awsx 3.11.0 (tests/offline/awsx/data/ecr). Arguments:
https://www.pulumi.com/registry/packages/awsx/api-docs/ecr/image/#inputs
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from offline.awsx.layout import LayoutError
from offline.awsx.plan import Apply, Child, Plan, Ref
from offline.awsx.values import outputs_within, plain

IMAGE_COMPONENT = "awsx:ecr:Image"
IMAGE = "docker-build:index:Image"
GET_TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
# As a browser parses an address; the rest is left to docker-build.
_URL = re.compile(r"^(https?://)?(?P<host>[^\s/:@]+)(:\d+)?(/\S*)?$")


def registry_id(args: Mapping[str, Any]) -> str | None:
    """Account whose registry is asked for a token; None while an argument is unknown, and nothing happens.

    Raises:
        LayoutError: as the published plugin would refuse it.
    """
    if any(not output.known for output in outputs_within(args)):
        return None
    if "repositoryUrl" not in args:
        raise LayoutError("Missing required property 'repositoryUrl'")
    parsed = _URL.match(str(plain(args["repositoryUrl"])))
    if parsed is None:
        raise LayoutError("Repository URL is not a valid URL.")
    return str(plain(args.get("registryId")) or parsed["host"].partition(".")[0])


def plan_image(stack: str, args: Mapping[str, Any], token: Mapping[str, Any]) -> Plan:
    """
    Args:
        stack: Name of the stack, part of the name of an image without one.
        token: What the registry has answered; passwords are those of now.

    Raises:
        LayoutError: as the published plugin would refuse it.
    """
    given = {key: plain(value) for key, value in args.items()}
    user, password = plain(token.get("userName")), plain(token.get("password"))
    if not user or not password:
        raise LayoutError("Invalid credentials")
    tag = given.get("imageName") or given.get("imageTag") or _name(stack, given)
    url = given["repositoryUrl"]
    own = f"{url}:{tag}"
    child = Child(
        IMAGE,
        tag,
        {
            "tags": [own],
            "push": True,
            "buildOnPreview": True,
            "network": "default",
            "context": {"location": given.get("context") or "."},
            "dockerfile": {"location": given["dockerfile"]} if given.get("dockerfile") else {},
            "platforms": [given["platform"]] if given.get("platform") else [],
            "buildArgs": given.get("args"),
            "target": given.get("target"),
            "cacheFrom": [{"registry": {"ref": ref}} for ref in given.get("cacheFrom") or [own]],
            "cacheTo": [{"inline": {}}],
            "registries": [{"address": plain(token["proxyEndpoint"]), "username": user, "password": password}],
        },
    )
    plan = Plan()
    plan.outputs = {"imageUri": Apply(lambda digest, ref: _uri(url, own, digest, ref), _digests(plan.add(child)))}
    return plan


def _digests(key: str) -> tuple[Ref, Ref]:
    return Ref(key, "digest"), Ref(key, "ref")


def _uri(url: str, own: str, digest: str | None, ref: str | None) -> str:
    if digest:
        return f"{url}@{digest}"
    return re.sub(r":[^:/@]+(?=@)", "", ref) if ref else own


def _name(stack: str, given: Mapping[str, Any]) -> str:
    parts = [given.get("context") or "."]
    parts += [f";dockerfile={given['dockerfile']}"] if given.get("dockerfile") else []
    parts += [f";arg[{key}]={value}" for key, value in sorted((given.get("args") or {}).items())]
    return f"{hashlib.sha1(''.join([*parts, stack]).encode(), usedforsecurity=False).hexdigest()[:8]}-container"
