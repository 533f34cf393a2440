"""The app of a service as a Lambda function: `python -m awslambdaric services.function.handler`, by `STORE_SERVICE`.

An invocation is a request that API Gateway or another service passes on, messages of the service's inbox, or the clock,
by which the service does its chores. The app is made once for each
execution environment, which takes one invocation at a time; nothing goes on between two, so the app's own workers do
not run here, and an end of the environment interrupts nothing.
"""

import asyncio
import json
import os
import re
from functools import cache
from importlib import import_module
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import FastAPI

from functions.common import names
from functions.common.aws import dynamodb, setting
from functions.common.log import logger
from services.common.proxy_event import Answer, request_of
from services.common.settings import module

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
_CLOCK = "aws.events"
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:]+(:.*)?")
_TRACE = "_X_AMZN_TRACE_ID"


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 Lambda passes both
    """
    Returns:
        The answer of a request, or the messages that must come again.

    Raises:
        RuntimeError: a chore failed.
    """
    if "Records" in event:
        return heard(app(), event["Records"])
    if event.get("source") == _CLOCK:
        return ticked(app())
    return asked(app(), event)


@cache
def app() -> FastAPI:
    """The one app of the process."""
    read_secrets()
    dynamodb()  # boto3 makes clients in one thread only
    return import_module(module(setting(names.SERVICE))).app()


def read_secrets() -> None:
    """Put the secret that a variable names in the variable, as ECS does for tasks: the key of its JSON, the stage and
    the version, as far as they are named.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    named = {name: value for name, value in os.environ.items() if _SECRET.fullmatch(value)}
    client = boto3.client("secretsmanager") if named else None
    for name, value in named.items():
        assert client is not None
        parts = value.split(":")
        key, stage, version = (*parts[7:10], "", "", "")[:3]
        wanted = {"VersionStage": stage, "VersionId": version}
        asked = {name: value for name, value in wanted.items() if value}
        text = client.get_secret_value(SecretId=":".join(parts[:7]), **asked)["SecretString"]
        os.environ[name] = str(json.loads(text)[key]) if key else text


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of the process: the threads of the app's routes stay with it."""
    return asyncio.new_event_loop()


def asked(of: FastAPI, event: dict[str, Any]) -> dict[str, Any]:
    """Answer a request."""
    # Lambda's own segment is the parent of what the app does; the header names that of API Gateway.
    scope, body = request_of(event, trace=os.environ.get(_TRACE))
    answer, parts = Answer(), [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()  # nobody can hang up
        return parts.pop()

    _loop().run_until_complete(of(scope, receive, answer.take))
    return answer.event()


def heard(of: FastAPI, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Handle messages of the inbox; those that fail become visible again, and are dead letters at last.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    failed = [one["messageId"] for one in records if not of.state.inbox.succeeds(one["messageId"], one["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def ticked(of: FastAPI) -> dict[str, Any]:
    """Do the chores once; one that fails does not keep the others from being done."""
    failed = sum(not chore.succeeds() for chore in of.state.chores)
    if failed:
        raise RuntimeError(f"{failed} of {len(of.state.chores)} chores failed; the log has the causes")
    return {}


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    app()  # before the first invocation, while the environment has the processor of a larger one
