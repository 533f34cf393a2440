"""How the tasks of a Fargate service are placed and replaced."""

import pulumi_aws as aws

from settings.service import BlueGreenDeployment, CanaryDeployment, LinearDeployment, RollingDeployment


def capacity(spot_percent: int) -> list[aws.ecs.ServiceCapacityProviderStrategyArgs]:
    """Shares of tasks on Fargate and on Fargate Spot."""
    shares = {"FARGATE": 100 - spot_percent, "FARGATE_SPOT": spot_percent}
    return [
        aws.ecs.ServiceCapacityProviderStrategyArgs(
            capacity_provider=provider,
            weight=weight,
            # At least one task is not on Spot.
            base=1 if provider == "FARGATE" else None,
        )
        for provider, weight in shares.items()
        if weight or provider == "FARGATE"
    ]


def deployment(
    settings: RollingDeployment | BlueGreenDeployment | CanaryDeployment | LinearDeployment,
) -> aws.ecs.ServiceDeploymentConfigurationArgs:
    """How ECS replaces the tasks of a service."""
    canary = linear = None
    if isinstance(settings, CanaryDeployment):
        canary = aws.ecs.ServiceDeploymentConfigurationCanaryConfigurationArgs(
            canary_percent=settings.canary_percent, canary_bake_time_in_minutes=str(settings.canary_minutes)
        )
    if isinstance(settings, LinearDeployment):
        linear = aws.ecs.ServiceDeploymentConfigurationLinearConfigurationArgs(
            step_percent=settings.step_percent, step_bake_time_in_minutes=str(settings.step_minutes)
        )
    return aws.ecs.ServiceDeploymentConfigurationArgs(
        strategy=settings.strategy.upper(),
        bake_time_in_minutes=None if isinstance(settings, RollingDeployment) else str(settings.bake_minutes),
        canary_configuration=canary,
        linear_configuration=linear,
    )
