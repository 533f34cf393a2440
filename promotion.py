"""Images that another environment built and proved, which this one runs by the same digest."""

import re
import sys
from collections.abc import Collection, Mapping
from typing import Any

import pulumi

from contract import CONTRACT, CONTRACT_VERSION
from settings import MESSAGE_SHOWN
from settings.images import PROVEN_IMAGE, registry_of, source_image
from settings.problems import Problem, SettingsError, shown
from settings.store import StoreSettings

# https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/builtins.go
_READ = "pulumi:pulumi:readStackOutputs"
_OUTPUT = next(entry for entry in CONTRACT if entry.key == "images_source_uris")


class _UnusableError(Exception):
    """The other stack has no image to run here.

    Args:
        rule: What must hold of it.
        fix: What to do.
    """

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.rule, self.fix = rule, fix


def proven_images(settings: StoreSettings) -> dict[str, str]:
    """Images that tasks run as another environment proved them, by source and processor: URI with digest.

    They are plain texts, known in a preview. Call it before anything is made: it ends the program with one message
    where the stack that `images.from` names does not publish them.
    """
    images = settings.images
    wanted = {source_image(processor) for processor in settings.used_images.proven}
    pinned = {source: uri for source, uri in images.pinned.items() if source in wanted}
    rest = wanted - pinned.keys()
    if not rest or images.from_ is None:
        return pinned
    stack = _qualified(images.from_)
    try:
        found = _published(stack, rest, settings.environment.region)
    except _UnusableError as error:
        problem = Problem(("images", "from"), shown(images.from_), error.rule, error.fix)
        pulumi.log.error(str(SettingsError(f"Pulumi.{pulumi.get_stack()}.yaml", [problem])))
        sys.exit(MESSAGE_SHOWN)
    # It tells in the state whose images run. Outputs are read above: the error of a reference to a stack that does not
    # exist is the engine's, and names no setting.
    pulumi.StackReference("images-from", stack_name=stack)
    return {**found, **pinned}


def _qualified(stack: str) -> str:
    return stack if "/" in stack else f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"


def _published(stack: str, wanted: Collection[str], region: str) -> dict[str, str]:
    """The wanted images among those that the stack publishes.

    Raises:
        _UnusableError: one is not there, or cannot run here.
    """
    update = f"update that stack first: pulumi up -s {stack}"
    outputs = _outputs(stack)
    version = outputs.get("contract_version")
    if version is None:
        raise _UnusableError(f"must name a stack of the web store that has been deployed; {stack} is not", update)
    if _numbers(version)[0] != _numbers(CONTRACT_VERSION)[0] or _numbers(version) < _numbers(_OUTPUT.since):
        raise _UnusableError(
            f"must name a stack with the output `{_OUTPUT.key}`: {stack} publishes contract version {version}, and the"
            f" output is in {_OUTPUT.since}",
            f"update that stack with this version of the program: pulumi up -s {stack}",
        )
    uris: Mapping[str, str] = outputs.get(_OUTPUT.key) or {}
    for source in sorted(wanted):
        if source not in uris:
            raise _UnusableError(
                f"must name a stack whose tasks run {source}: the output `{_OUTPUT.key}` of {stack} has"
                f" {', '.join(sorted(uris)) or 'nothing'}",
                "let tasks of that stack run `{source: services}` on this processor (`architecture`), or tasks of this"
                " stack on that one",
            )
        _require_reachable(stack, source, uris[source], region)
    return {source: uris[source] for source in wanted}


def _require_reachable(stack: str, source: str, uri: str, region: str) -> None:
    if not re.fullmatch(PROVEN_IMAGE, uri):
        raise _UnusableError(
            f"must name a stack that publishes images of ECR with their digests: {source} of {stack} is {uri}",
            f"update that stack with this version of the program: pulumi up -s {stack}",
        )
    if registry_of(uri).split(".")[3] != region:
        raise _UnusableError(
            f"must name a stack with images in {region}, the Region of this stack, whose VPC endpoints lead to no other"
            f" registry: {source} of {stack} is in {registry_of(uri)}",
            f"build in an environment in {region}; or let ECR replicate the repository there, and write the replica,"
            f" with the same digest, as `images.pinned`",
        )


def _outputs(stack: str) -> Mapping[str, Any]:
    """
    Raises:
        _UnusableError: the backend has no such stack, or the caller may not read it.
    """
    try:
        return pulumi.runtime.invoke(_READ, {"name": stack}).value["outputs"]
    except Exception as error:
        reason = str(error).rpartition("returned an error: ")[2]
        raise _UnusableError(
            f"must name a stack that can be read in the backend of this one: {reason}",
            f"update that stack first: pulumi up -s {stack}; or, if its state is in another backend, write the images"
            f" of its output `{_OUTPUT.key}` as `images.pinned`",
        ) from error


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
