"""Settings of feeds that contradict themselves or the network."""

from typing import Any

import pytest
from pydantic import ValidationError

from settings.problems import Problem
from settings.relations.feeds import (
    brokers_have_zones,
    express_brokers_have_three_zones,
    other_accounts_can_reach_the_feeds,
)
from settings.relations.production import production_sets_single_records_aside
from tests.unit.feeds.feeds_box import (
    ACCOUNT,
    KAFKA,
    KINESIS,
    ON_DEMAND,
    OWN,
    PIM,
    PROVISIONED,
    SERVERLESS,
    settings,
    streams,
)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"streams": {"catalogue": {}}}, "must have the feeds inventory, order-status"),
        ({"streams": streams(retention_hours=24, max_age_hours=48)}, "must be at most `retention_hours`, 24"),
        ({"streams": streams(owners=[PIM, PIM])}, "must name each role once"),
        ({"streams": streams(owners=["arn:aws:iam::444444444444:user/pim"])}, "pattern"),
        ({"engine": {**PROVISIONED, "storage_gib": 100, "storage_max_gib": 50}}, "must be at least `storage_gib`, 100"),
        ({"engine": {**PROVISIONED, "kafka_version": "3.9.x"}}, "pattern"),
        ({"engine": {**SERVERLESS, "pollers": {"minimum": 4, "maximum": 2}}}, "must be at least the `minimum`, 4"),
        ({"engine": {"kind": "kafka"}}, "kind"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**wrong)


def test_express_brokers_need_three_zones() -> None:
    two, three = ({**PROVISIONED, "instance_type": "express.m7g.large", "zones": zones} for zones in (2, 3))
    (problem,) = express_brokers_have_three_zones.check(settings(two).engine)
    assert "with `feeds.engine.zones: 2`" in problem.rule
    assert not list(express_brokers_have_three_zones.check(settings(three).engine))
    assert not list(express_brokers_have_three_zones.check(settings({**PROVISIONED, "zones": 2}).engine))


def test_brokers_stand_in_zones_of_the_network() -> None:
    (problem,) = brokers_have_zones.check(settings(PROVISIONED).engine, ("a", "b"))
    assert problem.path == ("feeds", "engine", "zones")
    assert not list(brokers_have_zones.check(settings(PROVISIONED).engine, ("a", "b", "c")))
    assert not list(brokers_have_zones.check(settings({**PROVISIONED, "zones": 2}).engine, ("a", "b", "c")))
    assert not list(brokers_have_zones.check(settings(SERVERLESS).engine, ("a", "b")))


@pytest.mark.parametrize("engine", [SERVERLESS, {**PROVISIONED, "instance_type": "kafka.t3.small"}])
def test_owners_of_other_accounts_are_refused_where_they_could_not_connect(engine: dict[str, Any]) -> None:
    def problems(owner: str) -> list[Problem]:
        found = settings(engine, streams=streams(owners=[OWN, owner]))
        return list(other_accounts_can_reach_the_feeds.check(ACCOUNT, found.engine, found.streams))

    (problem,) = problems(PIM)
    assert problem.path == ("feeds", "streams", "catalogue", "owners", 1)
    assert not problems(OWN.replace("price-tool", "other"))


@pytest.mark.parametrize("engine", [PROVISIONED, KINESIS])
def test_owners_of_other_accounts_are_taken_where_they_can_connect(engine: dict[str, Any]) -> None:
    found = settings(engine, streams=streams(owners=[PIM]))
    assert not list(other_accounts_can_reach_the_feeds.check(ACCOUNT, found.engine, found.streams))


@KAFKA
def test_production_reads_kafka_with_pollers(engine: dict[str, Any]) -> None:
    check = production_sets_single_records_aside.check
    on_demand = settings({**engine, **ON_DEMAND}).engine
    assert [problem.path for problem in check("prod", on_demand)] == [("feeds", "engine", "pollers")]
    assert not list(check("dev", on_demand))
    assert not list(check("prod", settings(engine).engine))
    assert not list(check("prod", settings(KINESIS).engine))
