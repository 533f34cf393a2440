"""A service moves from Fargate to Lambda and back: its routes, queue and table stay, and so does the way to it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from tests.program.life.frame import Change, Changes, Update

Config = dict[str, Any]
_DATA = (
    "aws:dynamodb/",
    "aws:s3/",
    "aws:kinesis/",
    "aws:efs/",
    "aws:cognito/",
    "aws:apigateway/restApi:",
    "aws:sqs/queue:",
)
_FARGATE: dict[str, Any] = {}


def as_function(config: Config) -> None:
    entry = config["web-store:app_tier"]["services"]["inventory"]
    _FARGATE.update(entry["runtime"])
    entry["runtime"] = {
        "kind": "lambda",
        "image": {"source": "services"},
        "reach_internet": True,
        "log_days": 14,
    }


def as_tasks(config: Config) -> None:
    config["web-store:app_tier"]["services"]["inventory"]["runtime"] = dict(_FARGATE)


class TestRuntime(Changes):
    """Callers get the function's name, or Service Connect again."""

    STEPS: ClassVar[Sequence[Sequence[Change]]] = [[Change("to Lambda", as_function)], [Change("to tasks", as_tasks)]]

    def test_the_preview_says_nothing_else(self, updates: Sequence[Update]) -> None:
        """The way back touches what the way there touched, and neither touches what holds data, the inbox among it."""
        there, back = (update.planned for update in updates)
        assert there.keys() == back.keys()
        for planned in (there, back):
            assert not [name for name in planned if name.startswith(_DATA)]

    def test_the_api_has_an_integration_for_every_method_all_the_time(self, updates: Sequence[Update]) -> None:
        for update in updates:
            integrations = {n: d for n, d in update.done.items() if n.startswith("aws:apigateway/integration:")}
            assert integrations.keys() == {"aws:apigateway/integration:Integration::api-get-inventory_stock_ANY"}
            methods = [name for name, done in update.done.items() if "apigateway/method:" in name and done != "update"]
            assert methods == [], "methods stay"
            deployments = [n for n, d in update.done.items() if n.startswith("aws:apigateway/deployment:")]
            assert deployments, "the stage serves the earlier deployment until the next one is whole"
