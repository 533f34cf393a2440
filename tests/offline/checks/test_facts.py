"""The recorded facts and the parts of their renewal that need no provider."""

import json
from pathlib import Path
from typing import Any

import pytest

from offline import facts
from offline.facts import facts_of
from offline.facts.renew.answers import limits_of
from offline.facts.renew.bridge import Failure
from offline.facts.renew.names import terraform_name, translated, type_names
from offline.facts.renew.newer import newer_values, wider_range
from offline.facts.renew.questions import Questions
from offline.schema import schema_of

QUEUE = "aws:sqs/queue:Queue"


def test_a_queue_is_replaced_when_it_becomes_fifo():
    facts = facts_of(QUEUE)
    assert facts is not None
    assert {"fifoQueue", "name"} <= facts.replace_on_change
    assert "arn" in facts.computed
    assert facts.defaults["visibilityTimeoutSeconds"] == 30


def test_a_type_without_facts_has_none():
    assert facts_of("aws:made/up:Up") is None
    assert facts_of(QUEUE) is not None


def test_every_recorded_range_and_length_has_its_bounds_in_order():
    recorded = json.loads(Path(facts.__file__).with_name("provider.json").read_text(encoding="utf-8"))
    for token, record in recorded.items():
        for path, limits in record["rules"].items():
            for kind in ("range", "length", "wider"):
                low, high = limits.get(kind, (0, 0))
                assert low <= high, f"{token} {path} {kind}"


@pytest.mark.parametrize(
    ("reason", "limits"),
    [
        ('expected mode to be one of ["a" "b"], got aaaa', {"enum": ["a", "b"]}),
        ("expected mode to be in the range (1 - 5), got 9", {"range": [1.0, 5.0]}),
        ("expected length of mode to be in the range (1 - 5), got x", {"length": [1.0, 5.0]}),
        ("expected mode to be at least (3), got 1", {"min": [3.0]}),
        ('value must be one of: ["*"]', {"says": ['value must be one of: ["*"]']}),
        ('"mode" (aaaa) is an invalid ARN', {"says": ['"mode" <value> is an invalid ARN']}),
    ],
)
def test_limits_are_read_out_of_the_words_of_the_provider(reason: str, limits: dict[str, Any]):
    found: dict[str, Any] = {}
    limits_of("mode", "mode", [Failure("mode", reason)], found)
    assert found == limits


def test_what_is_said_of_a_sibling_is_not_taken_for_the_asked_input():
    found: dict[str, Any] = {}
    said = Failure("", "expected rule.0.kind to be one of [\"a\"], got x. Examine values at 'x.rule[0].kind'.")
    limits_of("mode", "rule", [said], found)
    assert found == {}
    limits_of("kind", "rule", [said], found)
    assert found == {"enum": ["a"]}


def test_nonsense_is_asked_for_every_leaf_with_its_required_siblings():
    types = {
        "t": {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"]}
    }
    asked = list(Questions(types).nonsense({"type": "array", "items": {"$ref": "#/types/t"}}))
    assert {path for path, _ in asked} == {("[]", "a"), ("[]", "n")}
    assert ((("[]", "a")), [{"n": 1, "a": ""}]) in asked


def test_names_of_the_bridge_become_names_of_pulumi_aws():
    bucket = "aws:index/s3BucketLifecycleConfiguration:S3BucketLifecycleConfiguration"
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    assert type_names([token], [bucket], {}) == {token: bucket}
    assert terraform_name(bucket) == "aws_s3_bucket_lifecycle_configuration"
    assert translated(schema_of(token), "rule[].status") == "rules[].status"
    assert translated(schema_of(token), "nothing") is None


def test_the_service_models_know_newer_runtimes():
    known = ["python3.11", "python3.12", "python3.13", "nodejs20.x", "nodejs22.x", "java21", "provided.al2023"]
    assert "python3.14" in newer_values("aws:lambda/function:Function", "runtime", known)


def test_a_complete_enum_gains_nothing():
    assert newer_values("aws:dynamodb/table:Table", "billingMode", ["PROVISIONED", "PAY_PER_REQUEST"]) == []


def test_a_raised_limit_is_known():
    assert wider_range(QUEUE, "maxMessageSize", [1024.0, 262144.0]) == [1024.0, 1048576.0]
    assert wider_range(QUEUE, "delaySeconds", [0.0, 900.0]) is None
