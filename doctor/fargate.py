"""Virtual CPUs of the stack's Fargate services: at rest, while all tasks are replaced, and scaled out."""

from collections.abc import Mapping

from doctor.program import Program
from offline.recorder import Registered


def _cpu(program: Program) -> Mapping[str, float]:
    """ARN of a task definition to the vCPU of a task."""
    return {
        str(task.outputs["arn"]): float(task.inputs["cpu"]) / 1024
        for task in program.of("ecs/taskDefinition:TaskDefinition")
    }


def _peaks(program: Program) -> Mapping[str, int]:
    """Resource id of a scaling target to the tasks that its highest peak keeps ready."""
    found: dict[str, int] = {}
    for action in program.of("appautoscaling/scheduledAction:ScheduledAction"):
        target = str(action.inputs["resourceId"])
        least = int(action.inputs["scalableTargetAction"].get("minCapacity") or 0)
        found[target] = max(least, found.get(target, 0))
    return found


def _limits(program: Program) -> Mapping[str, int]:
    targets = program.of("appautoscaling/target:Target")
    return {str(target.inputs["resourceId"]): int(target.inputs["maxCapacity"]) for target in targets}


def _target(service: Registered) -> str:
    cluster = str(service.inputs["cluster"]).rpartition("/")[2]
    return f"service/{cluster}/{service.outputs['name']}"


def placed(service: Registered, tasks: int, provider: str) -> int:
    """Tasks on a capacity provider: its base first, the rest by weight, rounded up for each provider.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    strategies = service.inputs.get("capacityProviderStrategies") or [{"capacityProvider": "FARGATE", "weight": 1}]
    bases = sum(int(entry.get("base") or 0) for entry in strategies)
    weights = sum(float(entry.get("weight") or 0) for entry in strategies)
    mine = next((entry for entry in strategies if entry["capacityProvider"] == provider), None)
    if mine is None:
        return 0
    rest = max(0, tasks - bases)
    share = -(-rest * float(mine.get("weight") or 0) // weights) if weights else 0
    return min(tasks, int(mine.get("base") or 0) + int(share))


def vcpus(program: Program, provider: str, *, scaled_out: bool = False) -> float:
    """vCPU of all services with the tasks that they begin with, the highest peak included, or scaled out."""
    cpu, peaks, limits = _cpu(program), _peaks(program), _limits(program)
    amount = 0.0
    for service in program.of("ecs/service:Service"):
        tasks = max(int(service.inputs["desiredCount"]), peaks.get(_target(service), 0))
        tasks = limits.get(_target(service), tasks) if scaled_out else tasks
        amount += placed(service, tasks, provider) * cpu[str(service.inputs["taskDefinition"])]
    return amount


def rolling_vcpus(program: Program, provider: str) -> float:
    """vCPU while every service is replaced at once, as an update of all images does: `maximum_percent` of the tasks."""
    cpu, peaks = _cpu(program), _peaks(program)
    amount = 0.0
    for service in program.of("ecs/service:Service"):
        tasks = max(int(service.inputs["desiredCount"]), peaks.get(_target(service), 0))
        percent = float(service.inputs.get("deploymentMaximumPercent") or 200)
        amount += placed(service, int(tasks * percent // 100), provider) * cpu[str(service.inputs["taskDefinition"])]
    return amount


def memory_and_cpu(program: Program, service: Registered, provider: str) -> tuple[float, float, bool]:
    """vCPU and GB of a service's tasks at rest on a capacity provider, and whether they run on ARM."""
    for task in program.of("ecs/taskDefinition:TaskDefinition"):
        if task.outputs["arn"] == service.inputs["taskDefinition"]:
            tasks = placed(service, int(service.inputs["desiredCount"]), provider)
            arm = (task.inputs.get("runtimePlatform") or {}).get("cpuArchitecture") == "ARM64"
            return tasks * float(task.inputs["cpu"]) / 1024, tasks * float(task.inputs["memory"]) / 1024, arm
    raise KeyError(f"the task definition of {service.name} is not the program's")
