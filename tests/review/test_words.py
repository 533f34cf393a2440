"""What a review says of changes: small trees, one change each."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from review import guarantees, words
from review.boxes import Boxes
from review.differences import differences
from review.report import Review, review
from review.show import markdown, show
from review.snapshot import EMPTY, Made, Snapshot
from review.steps import Finding, Preview, Step, _plan, _refusals, _steps

TABLE, KEY, ACL = "aws:dynamodb/table:Table", "aws:kms/key:Key", "aws:wafv2/webAcl:WebAcl"
METHOD, RESOURCE = "aws:apigateway/method:Method", "aws:apigateway/resource:Resource"
TASK, NAT, SUBNET = "aws:ecs/taskDefinition:TaskDefinition", "aws:ec2/natGateway:NatGateway", "aws:ec2/subnet:Subnet"
OUTPUTS = {"contract_version": "1.0.0", "outputs": {"store_url": "string"}}
NOTHING = Preview([], [], [])


def urn(type_: str, name: str, box: str = "webstore:data:Data") -> str:
    return f"urn:pulumi:prod::web-store::webstore:index:Store${box}${type_}::{name}"


def made(type_: str, name: str, protect: bool = False, outputs: Any = None, /, **inputs: Any) -> Made:
    return Made(type_, name, name, "", protect, inputs, outputs or {"name": name})


def tree(*resources: Made, cost: Any = None, contract: Any = None) -> Snapshot:
    return Snapshot(cost or {"total": 1.0, "by_switch": {}}, contract or OUTPUTS, resources)


def reviewed(base: Snapshot, head: Snapshot, plan: Preview = NOTHING) -> Review:
    return review("prod", "0" * 40, base, head, plan)


def test_what_does_not_differ_is_not_told() -> None:
    one = tree(made(TABLE, "a", key="x"), made(KEY, "k"))
    said = reviewed(one, one)
    assert (said.exit_code, dict(said.boxes), set(said.counts.values())) == (0, {}, {0})
    assert "No resource changes" in markdown(said)


def test_a_table_with_another_name_is_told_as_one_that_loses_its_items() -> None:
    said = reviewed(
        tree(made(TABLE, "carts", name="carts", key="id")), tree(made(TABLE, "baskets", name="baskets", key="id"))
    )
    assert said.losses == ["table `carts` is deleted and `baskets` is made in its place: its items are deleted"]
    other = reviewed(tree(made(TABLE, "carts", key="id")), tree(made(TABLE, "baskets", key="other")))
    assert other.losses == ["table `carts` is deleted: its items are deleted"]


def test_a_replacement_names_the_property_and_what_is_lost() -> None:
    before, after = made(TABLE, "carts", hashKey="a"), made(TABLE, "carts", hashKey="b")
    step = Step(urn(TABLE, "carts"), TABLE, "carts", "replaced", ["hashKey"], True)
    said = reviewed(tree(before), tree(after), Preview([step], [], [], [step.urn]))
    assert said.losses == ["table `carts` is replaced (hashKey): its items are deleted with the old one"]
    assert said.boxes == {"Data": {"replaced": ["Table `carts`: hashKey"]}}
    # Protected by Pulumi, the old one stays in AWS.
    kept = reviewed(
        tree(made(TABLE, "carts", True, hashKey="a")),
        tree(made(TABLE, "carts", True, hashKey="b")),
        Preview([step], [], []),
    )
    assert "stay in the old one" in kept.losses[0]


API = [
    made(RESOURCE, "orders", parentId="api", pathPart="orders"),
    made(RESOURCE, "one", parentId="orders", pathPart="{id}"),
]


def method(name: str, **inputs: Any) -> Made:
    return made(METHOD, name, resourceId="one", httpMethod="GET", **inputs)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, "NONE", "new public route GET /orders/{id}: everybody may call it"),
        (None, "AWS_IAM", "new route GET /orders/{id}, for callers with iam"),
        ("AWS_IAM", None, "route GET /orders/{id} is removed: its callers get 404"),
        ("AWS_IAM", "NONE", "route GET /orders/{id} is open to public instead of iam"),
        ("NONE", "AWS_IAM", "route GET /orders/{id} is open to iam instead of public"),
        ("NONE", "NONE", None),
    ],
)
def test_routes(before: str | None, after: str | None, said: str | None) -> None:
    base, head = (tree(*API, *([method("m", authorization=kind)] if kind else [])) for kind in (before, after))
    assert words.route_changes(base, head) == ([said] if said else [])


def test_scopes_of_a_route_are_who_may_call_it() -> None:
    def scoped(*scopes: str) -> Snapshot:
        return tree(*API, method("m", authorization="COGNITO_USER_POOLS", authorizationScopes=list(scopes)))

    assert words.route_changes(scoped("store/orders.read"), scoped("store/orders.write")) == [
        "route GET /orders/{id} is open to store/orders.write instead of store/orders.read"
    ]


@pytest.mark.parametrize(
    ("type_", "before", "after", "said"),
    [
        (TASK, {"cpu": "512"}, {"cpu": "1024"}, "`x` gets 1,024 CPU units instead of 512 (doubled)"),
        (TASK, {"memory": "4096"}, {"memory": "2048"}, "`x` gets 2,048 MiB of memory instead of 4,096 (halved)"),
        (TASK, {"cpu": "512"}, {"cpu": 512.0}, None),
        (
            "aws:appautoscaling/target:Target",
            {"minCapacity": 2},
            {"minCapacity": 3},
            "`x` gets 3 tasks at least instead of 2",
        ),
        (
            "aws:lambda/function:Function",
            {"memorySize": 256},
            {"memorySize": 512},
            "`x` gets 512 MiB of memory instead of 256 (doubled)",
        ),
        ("aws:dax/cluster:Cluster", {"nodeType": "a"}, {"nodeType": "b"}, "node type of `x` is b instead of a"),
    ],
)
def test_sizes(type_: str, before: Any, after: Any, said: str | None) -> None:
    changes = differences(tree(made(type_, "x", **before)), tree(made(type_, "x", **after)), Boxes([]))
    assert words.sentences(changes) == ([said] if said else [])


def rule(name: str, **action: Any) -> dict[str, Any]:
    return {"name": name, **action}


@pytest.mark.parametrize(
    ("before", "after", "lost", "gained"),
    [
        (
            made(ACL, "edge", rules=[rule("rate", action={"block": {}})]),
            made(ACL, "edge", rules=[rule("rate", action={"count": {}})]),
            ["firewall of rule rate of web ACL `edge`: blocks → counts only"],
            [],
        ),
        (
            made(ACL, "edge", rules=[rule("sql", overrideAction={"count": {}})]),
            made(ACL, "edge", rules=[rule("sql", overrideAction={"none": {}})]),
            [],
            ["firewall of rule sql of web ACL `edge`: counts only → blocks"],
        ),
        (
            made(TABLE, "t", pointInTimeRecovery={"enabled": True, "recoveryPeriodInDays": 35}),
            made(TABLE, "t", pointInTimeRecovery={"enabled": True, "recoveryPeriodInDays": 7}),
            ["point-in-time recovery of `t`: 35 days → 7 days"],
            [],
        ),
        (
            made(TABLE, "t", True, deletionProtectionEnabled=True),
            made(TABLE, "t", False, deletionProtectionEnabled=False),
            ["deletion protection of `t`: on → none", "protection by Pulumi of `t`: on → none"],
            [],
        ),
        (
            made(KEY, "k", enableKeyRotation=True, rotationPeriodInDays=365),
            made(KEY, "k", enableKeyRotation=True, rotationPeriodInDays=90),
            [],
            ["key rotation of `k`: every 365 days → every 90 days"],
        ),
        (
            made("aws:cloudwatch/logGroup:LogGroup", "l"),
            made("aws:cloudwatch/logGroup:LogGroup", "l", retentionInDays=30),
            ["retention of logs of `l`: for ever → 30 days"],
            [],
        ),
        (
            made("aws:elasticache/replicationGroup:ReplicationGroup", "c", multiAzEnabled=True),
            made("aws:elasticache/replicationGroup:ReplicationGroup", "c", multiAzEnabled=False),
            ["failover to another zone of `c`: on → none"],
            [],
        ),
    ],
)
def test_guarantees(before: Made, after: Made, lost: list[str], gained: list[str]) -> None:
    found = [[str(one) for one in part] for part in guarantees.shifts(tree(before), tree(after))]
    assert found == [lost, gained]


def test_zones_and_their_gateways() -> None:
    subnets = [made(SUBNET, zone, availabilityZone=zone) for zone in "abc"]
    base = tree(*subnets, *(made(NAT, f"nat-{zone}") for zone in "abc"))
    lost, gained = guarantees.shifts(base, tree(*subnets, made(NAT, "nat-a")))
    assert ([str(one) for one in lost], gained) == (
        ["NAT gateways of the network: 3, one in each zone → 1 for 3 zones"],
        [],
    )


def test_many_that_go_the_same_way_are_one_line_and_what_is_deleted_is_told_once() -> None:
    alarms = [made("aws:cloudwatch/metricAlarm:MetricAlarm", name) for name in ("a", "b", "c")]
    table = made(TABLE, "t", pointInTimeRecovery={"enabled": True})
    lost, _ = guarantees.shifts(tree(*alarms, table), tree())
    assert guarantees.told(lost) == ["alarm, on → none: `a`, `b`, `c`"]


@pytest.mark.parametrize(
    ("outputs", "version", "said"),
    [
        ({}, "1.0.0", ["output store_url is removed: stacks that read it fail", "must be 2.0.0"]),
        ({"store_url": "list"}, "2.0.0", ["output store_url is list instead of string", "contract 1.0.0 → 2.0.0"]),
        ({"store_url": "string", "new": "string"}, "1.1.0", ["output new is new", "contract 1.0.0 → 1.1.0"]),
    ],
)
def test_the_contract(outputs: dict[str, str], version: str, said: list[str]) -> None:
    after = {"contract_version": version, "outputs": outputs}
    told = "\n".join(reviewed(tree(), tree(contract=after)).contract)
    assert not [text for text in said if text not in told], told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"total": 10.0, "by_switch": {"a": 10.0}},
            {"total": 30.5, "by_switch": {"a": 30.5}},
            "idle cost 10 → 30 USD a month (+20)",
        ),
        (
            {"total": 10.0, "by_switch": {}},
            {"unknown": "no price for x.large"},
            "idle cost is not known: no price for x.large",
        ),
    ],
)
def test_cost_is_told_or_said_to_be_unknown(before: Any, after: Any, said: str) -> None:
    assert reviewed(tree(cost=before), tree(cost=after)).cost.words == said


def test_an_environment_that_is_new_is_all_created_and_one_that_goes_all_deleted() -> None:
    one = tree(made(TABLE, "t"), made(KEY, "k"))
    assert reviewed(EMPTY, one).counts["created"] == 2
    gone = reviewed(one, EMPTY)
    assert gone.counts["deleted"] == 2
    assert len(gone.losses) == 2


def test_properties_inside_json_texts_are_told_by_their_path() -> None:
    before, after = (json.dumps([{"name": "app", "environment": [{"name": "A", "value": value}]}]) for value in "12")
    (change,) = differences(
        tree(made(TASK, "t", containerDefinitions=before)), tree(made(TASK, "t", containerDefinitions=after)), Boxes([])
    )
    assert words.told_paths(change.paths) == "containerDefinitions[].environment[].value"
    many = {f"a[{number}].b{number}": (1, 2) for number in range(6)}
    assert words.told_paths(many) == "a[].b0, a[].b1, a[].b2, a[].b3, and 2 more"


def test_boxes_are_those_of_the_engine_and_of_neighbours() -> None:
    boxes = Boxes([urn(TABLE, "data-carts"), "urn:pulumi:prod::web-store::pulumi:pulumi:Stack::prod"])
    assert [boxes.of(TABLE, name) for name in ("data-carts", "data-new", "other")] == ["Data", "Data", "Store"]


def test_steps_of_the_engine() -> None:
    def step(op: str, name: str, **more: Any) -> dict[str, Any]:
        return {"op": op, "urn": urn(TABLE, name), "newState": {"custom": True}, **more}

    plan = [
        *(step("same", "a"), step("create", "b"), step("update", "c"), step("delete", "d")),
        *(
            step("create-replacement", "e", replaceReasons=["hashKey"]),
            step("replace", "e"),
            step("delete-replaced", "e"),
        ),
    ]
    found = {one.name: (one.op, list(one.keys)) for one in _steps(plan)}
    assert found == {"b": ("created", []), "c": ("updated", []), "d": ("deleted", []), "e": ("replaced", ["hashKey"])}
    assert {one.type for one in _steps(plan)} == {TABLE}


def test_the_engine_s_document_is_found_behind_words_and_its_errors_are_refusals() -> None:
    document = {
        "steps": [],
        "diagnostics": [
            {"severity": "error", "message": "error: no\n"},
            {"severity": "error", "message": "preview failed"},
            {"severity": "warning", "message": "well"},
        ],
    }
    assert _refusals(_plan(f"offline: mended\n{json.dumps(document)}\nerror: update failed")) == ["no"]
    assert (_plan("nothing"), _plan("{ broken")) == ({}, {})


def test_what_fails_comes_first_in_the_comment_which_fits_into_github() -> None:
    findings = [Finding("kms-key-rotation", f"key {number} must rotate") for number in range(8)]
    steps = [Step(urn(TABLE, f"t{number}"), TABLE, f"t{number}", "created", [], True) for number in range(90)]
    base = tree()
    head = tree(*(made(TABLE, f"t{number}") for number in range(90)))
    said = reviewed(base, head, Preview(steps, findings, ["the program says no\nand why"], [one.urn for one in steps]))
    comment = markdown(said)
    assert said.exit_code == 1
    assert comment.splitlines()[0] == "<!-- web-store preview of prod -->"
    assert comment.index("the program says no") < comment.index("kms-key-rotation (8)") < comment.index("<details>")
    assert "and 3 more" in comment
    assert "- and 50 more" in comment
    out = StringIO()
    show(Console(file=out, width=120), said)
    assert "kms-key-rotation (8)" in out.getvalue()
    long = reviewed(tree(), tree(), Preview([], [], ["x" * 59_000, "y" * 5_000]))
    assert len(markdown(long)) < 65_536
    assert markdown(long).endswith("`make pr` shows it.\n")
    assert json.dumps(said.as_json())
