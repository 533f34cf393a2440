"""ECS: containers without rights over their host, shells that leave a trace."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, read
from policies.rules.secrets import containers_in

_HOST_POWERS = ("ALL", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO")
"""Linux capabilities that lead out of a container."""


@rule(
    "ecs-task-definition-hardened-containers",
    control="IAM-26",
    pack="guardrails",
    title="Containers are unprivileged, read-only, and apart from their host",
    why="a flaw in the application would reach the host, or leave tools behind in the image",
    fix="leave privileged, added capabilities, pid_mode host and network_mode host out; set readonlyRootFilesystem true"
    " and a user that is not root; mount a volume for what must be written",
    severity="high",
    dev="advisory",
    kinds=("ecs/taskDefinition",),
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
        added = [item for item in as_list(read(container, "linuxParameters.capabilities.add")) if item in _HOST_POWERS]
        if added:
            faults.append(f"has the capability {', '.join(added)}")
        user = as_text(read(container, "user"))
        if isinstance(user, str) and user.split(":")[0] in ("root", "0"):
            faults.append("runs as root")
        read_only = as_flag(read(container, "readonlyRootFilesystem"))
        if not windows and read_only is not UNKNOWN and read_only is not True:
            faults.append("can write its root file system")
        if faults:
            yield Problem("containerDefinitions", f"containerDefinitions: {name} {', '.join(faults)}")


@rule(
    "ecs-service-exec-guarded",
    control="SEC-09",
    pack="guardrails",
    title="Shells in containers are off, or encrypted and logged",
    why="whoever may open a shell reads what the task may read, and leaves no trace",
    fix="leave enable_execute_command out; or set configuration.execute_command_configuration of the cluster with"
    " kms_key_id and logging OVERRIDE",
    severity="medium",
    dev="disabled",
    kinds=("ecs/service",),
    paths=("enableExecuteCommand", "ecs/cluster · configuration.executeCommandConfiguration"),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_223", "checkov:CKV_AWS_224"),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    limits="Clusters of other stacks are not judged.",
)
def exec_guarded(subject: Subject) -> Iterator[Problem]:
    if subject.flag("enableExecuteCommand") is not True:
        return
    meant = subject.stack.referred(subject.resource, "cluster", "ecs/cluster")
    if not meant.resources:
        subject.defer("cluster")
    block = "configuration.executeCommandConfiguration"
    for cluster in meant.resources:
        key, logging = (as_text(read(cluster.props, f"{block}.{name}")) for name in ("kmsKeyId", "logging"))
        if key is MISSING or logging in (MISSING, "NONE"):
            yield subject.problem("enableExecuteCommand", f"sessions in {cluster.name} are not encrypted and logged")
