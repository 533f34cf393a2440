"""Failures and creation times on request, for tests and rehearsals.

Asked for by a JSON file `faults.json` in the offline home, or by the environment variable WEBSTORE_OFFLINE_FAULTS (the
same JSON, or the path of such a file):

    {"faults": [{"type": "aws:sqs/queue:Queue", "operation": "create", "nth": 2, "kind": "throttle"}],
     "latency": {"scale": 0.01}}

`operation`: create (default), update, delete or read. `nth`: which one counts, from 1 (default), over all runs in this
home. `kind`: fail (default), throttle, hang (until the engine cancels), crash (the plugin dies) or unstable (what is
created or updated does not come up: a new resource stays, a changed one goes back to what it was, and the engine is
told as pulumi-aws tells it). Operations of APIs (`api:personalize/CreateDatasetGroup`) can be unanswered, too: done,
and the answer hangs. `message`: for fail and unstable. `type`: a token, or `*`. `latency.scale`: factor on the
times of `_SECONDS`; 0 or absent means none.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from offline.aws.cloud import Cloud
from offline.kinds import kind_of
from offline.wire import Properties

_OPERATIONS = ("create", "update", "delete", "read")
_KINDS = ("fail", "throttle", "hang", "crash", "unstable", "unanswered")
_OF_APIS = "api:"
# How long AWS takes to create one, in seconds, as deployments usually see it.
_SECONDS: Mapping[str, float] = {
    "acm/certificateValidation": 60,
    "apigateway/vpcLink": 300,
    "cloudfront/distribution": 240,
    "dax/cluster": 600,
    "dynamodb/table": 12,
    "ec2/natGateway": 100,
    "ec2/vpcEndpoint": 60,
    "ecs/service": 120,
    "elasticache/replicationGroup": 700,
    "elasticache/serverlessCache": 90,
    "lb/loadBalancer": 150,
    "msk/cluster": 1500,
    "msk/serverlessCluster": 300,
    "opensearch/domain": 1200,
    "opensearch/serverlessCollection": 180,
    "rds/cluster": 300,
    "route53/record": 35,
    "route53/zone": 40,
}
_OTHER_SECONDS = 2.0
_CRASH_CODE = 70
# What ECS says of a deployment that its circuit breaker has stopped.
_UNSTABLE = "Service deployment rolled back because the circuit breaker threshold was exceeded."


class FaultError(Exception):
    """The requested failure."""


class FaultRequestError(Exception):
    """The request for faults does not have the form above."""


class UnstableError(Exception):
    """The operation is done, and its resource did not come up."""

    def __init__(self, reason: str, identifier: str, outputs: Properties) -> None:
        super().__init__(reason)
        self.id, self.outputs = identifier, outputs


class CancelledError(Exception):
    """The engine cancelled while an operation was hanging."""


@dataclass(frozen=True, slots=True)
class _Fault:
    token: str
    operation: str
    nth: int
    kind: Literal["fail", "throttle", "hang", "crash", "unstable", "unanswered"]
    message: str

    def applies(self, token: str, operation: str) -> bool:
        return self.operation == operation and self.token in {token, "*"}


class Faults:
    """Asked before each operation of the simulated cloud."""

    def __init__(self, home: Path, cloud: Cloud) -> None:
        """Reads the request, if there is one.

        Raises:
            FaultRequestError: it does not have the form above.
        """
        wanted = _wanted(home)
        self._cloud = cloud
        self._faults = [_fault(item) for item in wanted.get("faults", ())]
        self._scale = float(wanted.get("latency", {}).get("scale", 0))
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def before(self, token: str, operation: str) -> str:
        """Waits as long as AWS would, scaled, then fails, hangs or crashes if requested.

        Returns:
            Why the operation fails after it is done (unstable); else nothing.

        Raises:
            FaultError: fail or throttle.
            CancelledError: the engine cancelled meanwhile.
        """
        if self._scale and operation == "create":
            self._wait(_SECONDS.get(kind_of(token), _OTHER_SECONDS) * self._scale)
        for number, fault in enumerate(self._faults):
            if fault.kind != "unanswered" and self._is_due(number, fault, token, operation):
                if fault.kind == "unstable":
                    return fault.message or _UNSTABLE
                self._happen(fault, token)
        return ""

    def after(self, token: str, operation: str) -> None:
        """Keeps the answer of what is done, if requested.

        Raises:
            CancelledError: the engine cancelled meanwhile.
        """
        for number, fault in enumerate(self._faults):
            if fault.kind == "unanswered" and self._is_due(number, fault, token, operation):
                self._wait(None)

    def _is_due(self, number: int, fault: _Fault, token: str, operation: str) -> bool:
        key = f"fault|{number}|{fault.token}|{operation}"
        return fault.applies(token, operation) and self._cloud.count(key) == fault.nth

    def _happen(self, fault: _Fault, token: str) -> None:
        what = f"{fault.operation} of {token}"
        match fault.kind:
            case "fail":
                raise FaultError(fault.message or f"InternalFailure: planned fault at the {what}")
            case "throttle":
                raise FaultError(f"ThrottlingException: Rate exceeded (planned fault at the {what})")
            case "hang":
                self._wait(None)
            case "crash":
                os._exit(_CRASH_CODE)

    def _wait(self, seconds: float | None) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError("cancelled while AWS was working")


def _wanted(home: Path) -> dict[str, Any]:
    given = os.environ.get("WEBSTORE_OFFLINE_FAULTS", "").strip()
    path = Path(given) if given and not given.startswith("{") else home / "faults.json"
    text = given if given.startswith("{") else path.read_text(encoding="utf-8") if given or path.exists() else "{}"
    try:
        wanted = json.loads(text)
    except ValueError as error:
        raise FaultRequestError(f"the requested faults must be JSON: {error}") from None
    unknown = set(wanted) - {"faults", "latency"}
    if unknown:
        raise FaultRequestError(
            f"requested faults: keys must be faults or latency; received {', '.join(sorted(unknown))}"
        )
    return wanted


def _fault(item: Mapping[str, Any]) -> _Fault:
    fault = _Fault(
        str(item.get("type", "*")),
        str(item.get("operation", "create")),
        int(item.get("nth", 1)),
        cast(Any, str(item.get("kind", "fail"))),
        str(item.get("message", "")),
    )
    if fault.operation not in _OPERATIONS or fault.kind not in _KINDS:
        raise FaultRequestError(
            f"requested fault {dict(item)}: operation must be one of {', '.join(_OPERATIONS)}, "
            f"kind one of {', '.join(_KINDS)}"
        )
    if fault.kind == "unanswered" and not fault.token.startswith(_OF_APIS):
        raise FaultRequestError(f"requested fault {dict(item)}: only operations of APIs ({_OF_APIS}...) are unanswered")
    return fault
