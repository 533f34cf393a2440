"""Everyday changes of a running store."""

from typing import Any, ClassVar

from tests.program.changes.frame import Change, Changes

Config = dict[str, Any]


def add_table(config: Config) -> None:
    config["web-store:data"]["tables"]["extra"] = {"reviews": {"design": {"partition": {"name": "product_id"}}}}


def more_tasks(config: Config) -> None:
    config["web-store:web_tier"]["service"]["scaling"] = {"min_tasks": 2, "max_tasks": 6}


def longer_logs(config: Config) -> None:
    config["web-store:events"]["log_days"] = 30


class TestEveryday(Changes):
    STEPS: ClassVar = [
        [
            Change(
                "a table is added",
                add_table,
                {"aws:*::data-reviews*": "create"},
            ),
            Change(
                "more tasks",
                more_tasks,
                {
                    "aws:appautoscaling/target:Target::web-*": "update",
                    "aws:cloudwatch/metricAlarm:MetricAlarm::web-service-tasks": "update",
                },
            ),
            Change("logs are kept longer", longer_logs, {"aws:cloudwatch/logGroup:LogGroup::events-*": "update"}),
        ]
    ]
