"""What SES was asked to send, and how it answers in tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.common.aws import mail
from tests.functions.cloud import Cloud

SENDER = "store.example.com"


@contextmanager
def mailbox(cloud: Cloud) -> Iterator[list[dict[str, Any]]]:
    """Requests of SendEmail that were answered, while moto verifies the sender."""
    cloud.ses.create_email_identity(EmailIdentity=SENDER)
    client, taken = mail(), list[dict[str, Any]]()

    def keep(params: Mapping[str, Any], **_: Any) -> None:
        taken.append(json.loads(params["body"]))

    client.meta.events.register("before-call.sesv2.SendEmail", keep)
    try:
        yield taken
    finally:
        client.meta.events.unregister("before-call.sesv2.SendEmail", keep)


def sending_fails(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """As long as the patch lasts."""

    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(mail(), "send_email", fail)


def refused(status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # pyright: ignore
        "SendEmail",
    )
