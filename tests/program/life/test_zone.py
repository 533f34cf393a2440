"""A hosted zone that its stack gives to another owner."""

from pathlib import Path
from typing import Any

from tests.program.life.small import SmallProgram

ZONE = "aws:route53/zone:Zone"
NAME = "dev.store.example.com"
PROGRAM = """
import pulumi

from changes.guard import Guard
from components.dns import Dns
from components.store import Store
from settings import load_settings
from settings.dns import DnsSettings
from tests.foundation import foundation

dns = DnsSettings.model_validate({"domain_name": "dev.store.example.com", "zone": GIVEN})
settings = load_settings().model_copy(update={"dns": dns})
guard = Guard(settings.environment, settings=settings)
store = Store("store", settings=settings.environment)
Dns("dns", settings=dns, foundation=foundation(protect=False), opts=store.inside)
pulumi.export("zone", "given")
pulumi.run(guard.run)
"""


def test_a_zone_is_handed_over_in_two_updates_and_never_deleted(tmp_path: Path) -> None:
    made: dict[str, Any] = {"kind": "create", "name": NAME, "query_log_days": None}
    program = SmallProgram(tmp_path / "zone", PROGRAM, GIVEN=made)
    program.up()
    (zone,) = program.in_aws(ZONE)
    adopted = {"kind": "adopt", "name": NAME, "zone_id": zone["zoneId"]}

    program.give(GIVEN=adopted)
    assert "hand_over: true" in program.refused()

    program.give(GIVEN={**made, "hand_over": True})
    assert program.up() == {f"{ZONE}::dns-zone": "update"}

    program.give(GIVEN=adopted)
    planned = program.preview()
    assert program.up() == planned == {f"{ZONE}::dns-zone": "delete"}
    assert [found["zoneId"] for found in program.in_aws(ZONE)] == [zone["zoneId"]], "Pulumi only forgets it"
    assert program.preview() == {}
