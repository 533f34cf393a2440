"""ECS task definitions: containers without rights over their host."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import UNKNOWN, as_flag, as_text, read
from policies.rules.secrets import containers_in


@rule(
    "ecs-task-definition-hardened-containers",
    control="IAM-26",
    pack="guardrails",
    title="Containers are unprivileged, read-only, and apart from their host",
    why="a flaw in the application would reach the host, or leave tools behind in the image",
    fix="leave privileged, pid_mode host and network_mode host out; set readonlyRootFilesystem true and a user that is"
    " not root; mount a volume for what must be written",
    severity="high",
    dev="advisory",
    types=("ecs/taskDefinition",),
    paths=("containerDefinitions", "pidMode", "ipcMode", "networkMode"),
    references=("fsbp:ECS.3", "fsbp:ECS.4", "fsbp:ECS.5", "fsbp:ECS.20", "checkov:CKV_AWS_334", "checkov:CKV_AWS_336"),
    limits="A container without user may still be unprivileged by its image: only an explicit root is found.",
)
def hardened(subject: Subject) -> Iterator[Problem]:
    for path in ("pidMode", "ipcMode", "networkMode"):
        if subject.text(path) == "host":
            yield subject.problem(path, "the task shares it with the host")
    family = as_text(read(subject.resource.props, "runtimePlatform.operatingSystemFamily"))
    windows = family is UNKNOWN or (isinstance(family, str) and family.startswith("WINDOWS"))
    for container in containers_in(subject):
        name = container.get("name") if isinstance(container.get("name"), str) else "a container"
        faults: list[str] = []
        if as_flag(read(container, "privileged")) is True:
            faults.append("is privileged")
        user = as_text(read(container, "user"))
        if isinstance(user, str) and user.split(":")[0] in ("root", "0"):
            faults.append("runs as root")
        read_only = as_flag(read(container, "readonlyRootFilesystem"))
        if not windows and read_only is not UNKNOWN and read_only is not True:
            faults.append("can write its root file system")
        if faults:
            yield Problem("containerDefinitions", f"containerDefinitions: {name} {', '.join(faults)}")
