"""Runs one Lambda function: `python -m local.function_host <folder>`, with the variables of Lambda's runtime.

Requests come one by one as JSON lines on standard input, answers leave on standard output; what the function prints
goes to standard error.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_STACK_DEPTH: Final = 20


@dataclass(frozen=True, kw_only=True)
class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    aws_request_id: str
    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def _context(request: dict[str, Any]) -> Context:
    variables = os.environ
    return Context(
        aws_request_id=request["id"],
        function_name=variables["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=variables["AWS_LAMBDA_FUNCTION_VERSION"],
        invoked_function_arn=request["arn"],
        memory_limit_in_mb=int(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        log_group_name=variables["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=variables["AWS_LAMBDA_LOG_STREAM_NAME"],
        deadline=request["deadline"],
    )


def _handler(name: str) -> Callable[[Any, Context], Any]:
    module, _, function = name.replace("/", ".").rpartition(".")
    return getattr(importlib.import_module(module), function)


def _failed(error: BaseException, request_id: str) -> dict[str, Any]:
    """As Lambda answers, and logged as Lambda does."""
    sys.stderr.write(traceback.format_exc())
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__)[-_STACK_DEPTH:],
    }


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        payload = _handler(os.environ["_HANDLER"])(request["event"], _context(request))
    except Exception as error:  # noqa: BLE001 - every failure of a handler is an answer of Lambda
        return {"error": _failed(error, request["id"])}
    try:
        return {"payload": json.loads(json.dumps(payload))}
    except (TypeError, ValueError) as problem:
        told = f"Unable to marshal response: {problem}"
        return {"error": {"errorMessage": told, "errorType": "Runtime.MarshalError", "requestId": request["id"]}}


def _read(requests: "queue.Queue[str]") -> None:
    for line in sys.stdin:
        requests.put(line)
    # The parent is gone, however it went.
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Only what was packaged can be imported, beside the runtime's libraries and the layer's.
    sys.path[0] = folder
    os.chdir(folder)
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        answers.write(json.dumps(_answer(json.loads(requests.get()))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
