"""Input transformers, against the examples of AWS's documentation.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
from typing import Any

import pytest

from local.templates import at, input_of, input_of_pipe

RULE = "arn:aws:events:eu-west-1:111111111111:rule/bus/instances"
EVENT: dict[str, Any] = {
    "id": "7bf73129",
    "detail-type": "EC2 Instance State-change Notification",
    "time": "2015-11-11T21:29:54Z",
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "quota": 3, "tags": ["a", "b"], "note": 'say "hi"'},
}


def transformed(paths: dict[str, str], template: str) -> str:
    return input_of({"inputTransformer": {"inputPaths": paths, "inputTemplate": template}}, EVENT, RULE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.detail.state", "RUNNING"),
        ("$.detail.tags[1]", "b"),
        ("$.detail['instance-id']", "i-0123456789"),
        ("$.detail-type", EVENT["detail-type"]),
        ("$", EVENT),
        ("$.detail.none.deeper", None),
        ("$.detail.tags[7]", None),
        ("$.detail.state[0]", None),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: Any):
    assert at(EVENT, path) == value


@pytest.mark.parametrize(
    ("paths", "template", "made"),
    [
        (
            {"instance": "$.detail.instance-id", "status": "$.detail.state"},
            '"instance <instance> is in state <status>"',
            '"instance i-0123456789 is in state RUNNING"',
        ),
        (
            {"instance": "$.detail.instance-id", "quota": "$.detail.quota", "tags": "$.detail.tags"},
            '{"instance": <instance>, "quota": <quota>, "tags": <tags>, "all": "<quota> of <tags>"}',
            '{"instance": "i-0123456789", "quota": 3, "tags": ["a", "b"], "all": "3 of ["a", "b"]"}',
        ),
        ({"note": "$.detail.note"}, '"he <note>"', '"he say \\"hi\\""'),
        (
            {},
            '{"rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>"}',
            f'{{"rule": "instances", "arn": "{RULE}"}}',
        ),
        ({"x": "$.detail.none"}, '{"x": <x>}', '{"x": null}'),
    ],
)
def test_a_transformer_fills_its_template(paths: dict[str, str], template: str, made: str):
    assert transformed(paths, template) == made


def test_targets_get_the_event_a_part_or_a_constant():
    assert json.loads(input_of({}, EVENT, RULE)) == EVENT
    assert json.loads(input_of({"inputPath": "$.detail"}, EVENT, RULE)) == EVENT["detail"]
    assert input_of({"input": '{"fixed": 1}'}, EVENT, RULE) == '{"fixed": 1}'
    assert json.loads(transformed({}, "<aws.events.event.json>")) == EVENT


def test_pipes_fill_paths_of_the_item():
    item = {"detail": {"a": 1}, "source": "store.orders"}
    assert json.loads(input_of_pipe("<$.detail>", item)) == {"a": 1}
    assert input_of_pipe('{"from": "<$.source>", "a": <$.detail.a>}', item) == '{"from": "store.orders", "a": 1}'
    assert json.loads(input_of_pipe(None, item)) == item
