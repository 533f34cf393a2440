"""Customers whom Personalize is to forget: nobody is left out, whatever fails on the way."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.common import aws, names
from functions.forget import handler as forget

BUCKET = "forget-me"
CONTEXT = SimpleNamespace(
    function_name="personalization-forget",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:personalization-forget",
    aws_request_id="6f1b3c1e-0f8e-4d0e-9f0a-0c5a2f6f6d11",
)


class Engine:
    """Jobs of Amazon Personalize."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.status, self.refuses = "IN_PROGRESS", False

    def create_data_deletion_job(self, **given: Any) -> dict[str, str]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "LimitExceededException", "Message": ""}}, "CreateDataDeletionJob")
        bucket, _, key = given["dataSource"]["dataLocation"].removeprefix("s3://").partition("/")
        listed = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        arn = f"arn:aws:personalize:eu-west-1:123456789012:data-deletion-job/{given['jobName']}"
        self.jobs[arn] = {**given, "listed": listed}
        return {"dataDeletionJobArn": arn}

    def describe_data_deletion_job(self, **given: str) -> dict[str, Any]:
        assert given["dataDeletionJobArn"] in self.jobs
        return {"dataDeletionJob": {"status": self.status, "failureReason": "no access"}}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_NAMESPACE": "web-store/test",
        names.FORGET_BUCKET: BUCKET,
        names.FORGET_ROLE: "arn:aws:iam::123456789012:role/personalization-data",
        names.DATASET_GROUP: "arn:aws:personalize:eu-west-1:123456789012:dataset-group/store",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(forget.metrics.provider, "service", "personalization-forget")
    monkeypatch.setattr(forget.metrics.provider, "namespace", "web-store/test")
    made = Engine()
    monkeypatch.setattr(forget, "personalize", lambda: made)
    aws.s3.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield made
    aws.s3.cache_clear()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[[], float]:
    """A run, and the days that it says."""

    def ran() -> float:
        forget.handler({}, CONTEXT)
        (line,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
        (metric,) = line["_aws"]["CloudWatchMetrics"]
        assert metric["Dimensions"] == [["service"]]
        return line["OldestToForgetDays"][0]

    return ran


def leave(*pseudonyms: str) -> None:
    for pseudonym in pseudonyms:
        boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{names.FORGET_PREFIX}{pseudonym}", Body=b"")


def keys(prefix: str = "") -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [one["Key"] for one in found]


def test_who_waits_is_in_one_job_and_gone_when_it_has_ended(engine: Engine, run: Callable[[], float]) -> None:
    leave("a", "b")
    assert 0 <= run() < 1
    ((arn, job),) = engine.jobs.items()
    assert job["listed"].splitlines() == ["USER_ID", "a", "b"]
    assert job["roleArn"].endswith("role/personalization-data")
    assert job["datasetGroupArn"].endswith("dataset-group/store")
    leave("c")
    run()
    assert list(engine.jobs) == [arn], "one at a time"
    assert len(keys(names.FORGET_PREFIX)) == 3
    engine.status = "COMPLETED"
    run()
    _, second = engine.jobs.values()
    assert second["listed"].splitlines() == ["USER_ID", "c"]
    run()
    assert keys() == [], "nothing is left, of lists neither"


def test_a_job_that_failed_is_begun_anew_with_everybody(engine: Engine, run: Callable[[], float]) -> None:
    leave("a")
    run()
    engine.status = "FAILED"
    run()
    first, second = engine.jobs.values()
    assert first["listed"] == second["listed"]
    assert first["jobName"] != second["jobName"]
    assert keys(names.FORGET_PREFIX) == ["forget/a"]


def test_a_refusal_of_aws_is_told_by_the_lack_of_a_metric(
    engine: Engine, run: Callable[[], float], capsys: pytest.CaptureFixture[str]
) -> None:
    leave("a")
    engine.refuses = True
    with pytest.raises(ClientError):
        forget.handler({}, CONTEXT)
    assert "OldestToForgetDays" not in capsys.readouterr().out
    assert keys(names.FORGET_PREFIX) == ["forget/a"]
    engine.refuses = False
    run()
    assert len(engine.jobs) == 1


def test_more_than_one_job_takes_begin_with_those_who_wait_longest(
    engine: Engine, run: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        (f"{names.FORGET_PREFIX}{name}", forget.now() - timedelta(hours=hours)) for name, hours in (("a", 1), ("b", 9))
    ]
    monkeypatch.setattr(forget, "_CUSTOMERS", 1)
    monkeypatch.setattr(forget, "_objects", lambda _, prefix: iter(found if prefix == names.FORGET_PREFIX else []))
    run()
    (job,) = engine.jobs.values()
    assert job["listed"].splitlines() == ["USER_ID", "b"]


def test_without_anybody_nothing_is_begun(engine: Engine, run: Callable[[], float]) -> None:
    assert run() == 0
    assert engine.jobs == {}


def test_the_age_is_that_of_who_waits_longest(run: Callable[[], float], monkeypatch: pytest.MonkeyPatch) -> None:
    leave("a", "b")
    later = forget.now() + timedelta(days=8, hours=12)
    monkeypatch.setattr(forget, "now", lambda: later)
    assert run() == pytest.approx(8.5, abs=0.01)
