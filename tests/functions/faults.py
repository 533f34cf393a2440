"""What AWS refuses, or lets somebody else do meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse

from functions.common import aws


@contextmanager
def aws_fails(
    service: str, operation: str, code: str = "ThrottlingException", *, after: int = 0, **more: Any
) -> Iterator[None]:
    """Calls of an operation fail, once `after` of them were made.

    Args:
        more: what the error holds beside code and message.
    """
    response: Any = {"Error": {"Code": code, "Message": "ada@example.com is too fast"}, **more}
    error = getattr(aws, service)().exceptions.from_code(code)(response, operation)
    made = 0

    def refuse(**_: Any) -> None:
        nonlocal made
        made += 1
        if made > after:
            raise error

    with _hook(service, f"before-call.*.{operation}", refuse):
        yield


@contextmanager
def too_many(operation: str, times: int) -> Iterator[None]:
    """SES answers the first requests of an operation as it answers more than one a second."""
    waiting = list(range(times))

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if not waiting:
            return None
        waiting.pop()
        body = SimpleNamespace(stream=lambda *_, **__: iter([b'{"message": "Maximum rate exceeded."}']))
        return AWSResponse(request.url, 429, {"x-amzn-ErrorType": "TooManyRequestsException"}, body)

    with _hook("ses", f"before-send.sesv2.{operation}", answer):
        yield
    assert not waiting


@contextmanager
def before(service: str, operation: str, *acts: Callable[[], None]) -> Iterator[None]:
    """Something happens right before each call of an operation, as long as there is anything left to happen."""
    waiting = list(acts)
    with _hook(service, f"before-call.*.{operation}", lambda **_: waiting.pop(0)() if waiting else None):
        yield


@contextmanager
def _hook(service: str, event: str, hook: Callable[..., Any]) -> Iterator[None]:
    events = getattr(aws, service)().meta.events
    events.register(event, hook)
    try:
        yield
    finally:
        events.unregister(event, hook)
