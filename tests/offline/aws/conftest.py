"""A home of its own for every test, and plugins that share it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.offline.aws.driver import GROUP, SUBNET, VPC, Engine, Made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "WEBSTORE_OFFLINE_FAULTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEBSTORE_OFFLINE_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/state")
    return tmp_path


@pytest.fixture
def start(home: Path) -> Callable[..., Engine]:
    """Starts a configured plugin; several share the home, and so the cloud."""
    assert home.is_dir()

    def started(**settings: Any) -> Engine:
        engine = Engine()
        engine.configure(**settings)
        return engine

    return started


@pytest.fixture
def engine(start: Callable[..., Engine]) -> Engine:
    return start()


@pytest.fixture
def network(engine: Engine) -> dict[str, Made]:
    """A VPC with two subnets and a security group."""
    vpc = engine.create(VPC, "net", cidrBlock="10.0.0.0/16")
    subnets = {
        letter: engine.create(
            SUBNET, f"app-{letter}", vpcId=vpc.id, cidrBlock=f"10.0.{n}.0/24", availabilityZone=f"eu-west-1{letter}"
        )
        for n, letter in enumerate("ab")
    }
    group = engine.create(GROUP, "web", vpcId=vpc.id, description="web")
    return {"vpc": vpc, "group": group, **subnets}
