"""Settings of the web tier: what is refused, and with which words."""

import pytest
from pydantic import ValidationError

from settings.cache import CacheSettings
from settings.fargate import FargateSize
from settings.service import LinearDeployment, Peak, ScalingSettings, ServiceSettings
from settings.table import Provisioned, TableSettings
from settings.web_tier import LoadBalancerSettings, WebTierSettings

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:web/key-AbCdEf"


def refused(build) -> str:
    with pytest.raises(ValidationError) as caught:
        build()
    return str(caught.value)


def test_the_defaults_are_fit_for_production() -> None:
    settings = WebTierSettings()
    assert settings.service.scaling.min_tasks >= 2
    assert settings.service.spot_percent == 0
    assert settings.service.execute_command is False
    assert settings.load_balancer.web_acl.mode == "block"
    assert settings.cache.replicas_per_shard >= 1
    assert settings.cache.snapshot_days >= 1
    assert settings.sessions.recovery_days == 35


@pytest.mark.parametrize(("cpu", "memory"), [(256, 512), (512, 4096), (1024, 2048), (4096, 30720), (16384, 122880)])
def test_sizes_that_fargate_sells_are_taken(cpu, memory) -> None:
    assert FargateSize(cpu=cpu, memory_mib=memory).memory_mib == memory


@pytest.mark.parametrize(
    ("cpu", "memory", "words"),
    [
        (1000, 2048, "must be a size of Fargate: 256, 512"),
        (256, 4096, "Fargate has with cpu 256: 512, 1024, 2048"),
        (1024, 2500, "2048 to 8192 in steps of 1024"),
        (8192, 17000, "16384 to 61440 in steps of 4096"),
    ],
)
def test_other_sizes_are_refused_with_those_there_are(cpu, memory, words) -> None:
    assert words in refused(lambda: FargateSize(cpu=cpu, memory_mib=memory))


@pytest.mark.parametrize("name", ["DB_PASSWORD", "STRIPE_API_KEY", "session_secret", "GITHUB_TOKEN"])
def test_variables_that_look_like_secrets_are_refused(name) -> None:
    assert f"{name} looks like one" in refused(lambda: ServiceSettings(environment_variables={name: "x"}))


def test_secrets_are_given_by_arn_only() -> None:
    assert ServiceSettings(secrets={"STRIPE_API_KEY": SECRET_ARN}).secrets
    assert "secrets.STRIPE_API_KEY" in refused(lambda: ServiceSettings(secrets={"STRIPE_API_KEY": "sk_live_1"}))


def test_a_variable_comes_from_one_place() -> None:
    both = {"environment_variables": {"BANNER": "x"}, "secrets": {"BANNER": SECRET_ARN}}
    assert "must not give BANNER in both environment_variables and secrets" in refused(lambda: ServiceSettings(**both))


@pytest.mark.parametrize("user", ["0", "root", "0:0", "1000:0", ""])
def test_root_is_refused_as_a_user(user) -> None:
    assert "user" in refused(lambda: ServiceSettings(user=user))


def test_a_public_image_needs_the_way_to_the_internet() -> None:
    assert "must be true for image" in refused(
        lambda: ServiceSettings(image="public.ecr.aws/x/ui:1", reach_internet=False)
    )
    private = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/ui:1"
    assert ServiceSettings(image=private, reach_internet=False).image == private


def test_bounds_of_tasks_are_in_order() -> None:
    assert "must not have min_tasks 5 above max_tasks 4" in refused(lambda: ScalingSettings(min_tasks=5, max_tasks=4))


def test_a_peak_asks_for_tasks_within_the_bounds() -> None:
    peak = Peak(begins="cron(0 6 * * ? *)", ends="cron(0 9 * * ? *)", min_tasks=50)
    assert "must be between min_tasks 3 and max_tasks 40" in refused(
        lambda: ScalingSettings(max_tasks=40, peaks={"sale": peak})
    )


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [
        ("at(2026-11-27T06:00:00)", "cron(0 9 * * ? *)", "both at(...) or both cron(...)"),
        ("at(2026-11-28T06:00:00)", "at(2026-11-27T06:00:00)", "must be after `begins`"),
        ("tomorrow", "at(2026-11-27T06:00:00)", "begins"),
    ],
)
def test_a_peak_ends_after_it_begins(begins, ends, words) -> None:
    assert words in refused(lambda: Peak(begins=begins, ends=ends, min_tasks=3))


def test_time_of_a_linear_deployment_counts_every_step() -> None:
    linear = LinearDeployment(strategy="linear", step_percent=30, step_minutes=5, bake_minutes=10)
    assert linear.minutes == 4 * 5 + 10


def test_an_unknown_strategy_names_those_there_are() -> None:
    words = refused(lambda: ServiceSettings.model_validate({"deployment": {"strategy": "yolo"}}))
    assert "'rolling', 'blue_green', 'canary', 'linear'" in words


def test_capacity_units_start_where_aws_sells_them() -> None:
    assert "minimum_capacity_units" in refused(lambda: LoadBalancerSettings(minimum_capacity_units=99))


def test_provisioned_bounds_are_in_order() -> None:
    words = refused(lambda: Provisioned(mode="provisioned", min_read_units=9, max_read_units=5, max_write_units=9))
    assert "must not have min_read_units 9 above max_read_units 5" in words


def test_a_table_is_restorable_for_35_days_at_most() -> None:
    assert "recovery_days" in refused(lambda: TableSettings(recovery_days=36))


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "7.0"},
        {"node_type": "m7g.large"},
        {"maintenance_window": "sunday"},
        {"snapshot_window": "25:00-26:00"},
        {"shards": 40, "replicas_per_shard": 2},
        {"parameters": {"cluster-enabled": "no"}},
    ],
)
def test_caches_that_elasticache_refuses_are_refused(wrong) -> None:
    assert refused(lambda: CacheSettings(**wrong))


def test_text_is_not_taken_for_a_number() -> None:
    assert "min_tasks" in refused(lambda: ScalingSettings.model_validate({"min_tasks": "3"}))
