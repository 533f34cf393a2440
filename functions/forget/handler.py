"""Has Personalize forget customers who withdrew their consent or are erased: once a day, by pseudonym.

The service `catalogue` leaves an object `forget/<pseudonym>` for each. They go away when the job that names them has
ended well: a job that failed, or was never begun, is begun anew at the next run.
https://docs.aws.amazon.com/personalize/latest/dg/delete-records.html
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import personalize, s3, setting
from functions.common.log import logger
from functions.common.model import now
from functions.common.names import DATASET_GROUP, FORGET_BUCKET, FORGET_PREFIX, FORGET_ROLE

_JOBS: Final = "jobs/"
_LISTS: Final = "lists/"
# Of one job, those who wait longest; the next run takes the rest.
_CUSTOMERS: Final = 10_000
_DELETED_AT_ONCE: Final = 1_000
_DAY_SECONDS: Final = 86_400
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """
    Args:
        event: Of a schedule; it says nothing.

    Raises:
        ClientError: AWS refuses a call. Then there is no metric, which the alarm tells.
    """
    bucket = setting(FORGET_BUCKET)
    at_work = [key for key, _ in _objects(bucket, _JOBS) if not _ended(bucket, key)]
    waiting = sorted(_objects(bucket, FORGET_PREFIX), key=lambda one: one[1])
    days = (now() - waiting[0][1]).total_seconds() / _DAY_SECONDS if waiting else 0.0
    if waiting and not at_work:
        _begin(bucket, [key for key, _ in waiting[:_CUSTOMERS]])
    metrics.add_metric(name="OldestToForgetDays", unit=MetricUnit.Count, value=round(max(0.0, days), 3))


def _ended(bucket: str, key: str) -> bool:
    """Whether a job has come to its end; if it went well, its customers are done with."""
    job = json.loads(s3().get_object(Bucket=bucket, Key=key)["Body"].read())
    found = personalize().describe_data_deletion_job(dataDeletionJobArn=job["arn"])["dataDeletionJob"]
    if found["status"] not in ("COMPLETED", "FAILED"):
        return False
    if found["status"] == "COMPLETED":
        _delete(bucket, [f"{FORGET_PREFIX}{pseudonym}" for pseudonym in _listed(bucket, job["list"])])
        logger.info("customers forgotten", extra={"job": job["arn"]})
    else:
        logger.error("job failed", extra={"job": job["arn"], "cause": found.get("failureReason", "no reason given")})
    _delete(bucket, [job["list"], key])
    return True


def _begin(bucket: str, keys: Sequence[str]) -> None:
    name = f"forget-{uuid4().hex}"
    listed = f"{_LISTS}{name}.csv"
    rows = ["USER_ID", *(key.removeprefix(FORGET_PREFIX) for key in keys)]
    s3().put_object(Bucket=bucket, Key=listed, Body="\n".join(rows).encode() + b"\n", ContentType="text/csv")
    begun = personalize().create_data_deletion_job(
        jobName=name,
        datasetGroupArn=setting(DATASET_GROUP),
        dataSource={"dataLocation": f"s3://{bucket}/{listed}"},
        roleArn=setting(FORGET_ROLE),
    )
    # A run that dies before this line begins another job for the same customers, which does no harm.
    note = json.dumps({"arn": begun["dataDeletionJobArn"], "list": listed})
    s3().put_object(Bucket=bucket, Key=f"{_JOBS}{name}.json", Body=note.encode(), ContentType="application/json")
    logger.info("job begun", extra={"job": begun["dataDeletionJobArn"], "customers": len(keys)})


def _listed(bucket: str, key: str) -> list[str]:
    _, *rows = s3().get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    return rows


def _objects(bucket: str, prefix: str) -> Iterator[tuple[str, datetime]]:
    for page in s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield found["Key"], found["LastModified"]


def _delete(bucket: str, keys: Sequence[str]) -> None:
    for first in range(0, len(keys), _DELETED_AT_ONCE):
        part = [{"Key": key} for key in keys[first : first + _DELETED_AT_ONCE]]
        answer = s3().delete_objects(Bucket=bucket, Delete={"Objects": part, "Quiet": True})
        if answer.get("Errors"):
            raise RuntimeError(f"{len(answer['Errors'])} objects were not deleted: {answer['Errors'][0]['Code']}")
