"""Sources of events: outboxes, and the look at all pipes and event source mappings."""

import json

from tests.foundation import key_arn
from tests.unit.app_tier_box import FUNCTION, POLICY, ROLE, actions, fargate, function, made


def test_an_outbox_sends_only_its_own_events_under_their_source() -> None:
    recorder = made(
        {
            "orders": fargate(tables={"orders": "write"}, emits={"order.placed": "orders"}),
            "order-status": function(
                domain="orders", tables={"orders": "write"}, emits={"order.status-changed": "orders"}
            ),
        }
    )
    pipe = recorder.inputs(":Pipe", "app-orders-outbox")
    (pattern,) = pipe["sourceParameters"]["filterCriteria"]["filters"]
    assert json.loads(pattern["pattern"])["dynamodb"]["Keys"]["item"]["S"] == [{"prefix": "EVENT#"}]
    assert pipe["targetParameters"]["inputTemplate"] == "<$.detail>"
    emit = recorder.one(POLICY, "events-orders-emit-by-app-orders-outbox").statements()["Emit"]["Condition"]
    assert emit["StringEquals"] == {
        "events:source": ["store.orders"],
        "events:detail-type": ["order.placed", "order.status-changed"],
    }
    assert "events:PutEvents" not in actions(recorder, "app-orders-task"), "the pipe tells, not the service"
    told = recorder.inputs(FUNCTION, "app-orders-translator")["environment"]["variables"]
    assert json.loads(told["STORE_OUTBOX_EVENTS"]) == {"store.orders": ["order.placed", "order.status-changed"]}
    (sending,) = (p for p in recorder.of(POLICY) if p.inputs["role"] == "app-orders-translator" and "send" in p.name)
    assert sending.name == "app-orders-outbox-dead-send-by-app-orders-translator"


def test_an_outbox_of_payments_is_inside_their_boundary() -> None:
    recorder = made(
        {
            "payments": fargate(
                boundary="payment", tables={"payments": "write"}, emits={"payment.settled": "payments"}
            ),
            "orders": fargate(tables={"orders": "write"}, emits={"order.placed": "orders"}),
        }
    )
    (bounds,) = recorder.of("iam/policy:Policy")
    inside, outside = (recorder.inputs(FUNCTION, f"app-{table}-translator") for table in ("payments", "orders"))
    assert inside["kmsKeyArn"] == recorder.inputs("sqs/queue:Queue", "app-payments-outbox-dead")["kmsMasterKeyId"]
    assert inside["kmsKeyArn"] == key_arn("payment")
    assert inside["vpcConfig"]["subnetIds"] == ["subnet-payment-a", "subnet-payment-b"]
    assert outside["kmsKeyArn"] == key_arn("customer")
    assert "vpcConfig" not in outside
    roles = {role.name: role.inputs.get("permissionsBoundary") for role in recorder.of(ROLE)}
    assert roles["app-payments-outbox"] == roles["app-payments-translator"] is not None
    assert roles["app-orders-outbox"] is roles["app-orders-translator"] is None
    allowed = bounds.statements()
    assert (
        allowed["Functions"]["Resource"] == "arn:aws:lambda:eu-west-1:111111111111:function:app-payments-translator-*"
    )
    assert "arn:aws:sqs:eu-west-1:111111111111:app-payments-outbox-dead-*" in allowed["Queues"]["Resource"]


def test_every_pipe_and_every_mapping_is_looked_at() -> None:
    recorder = made(
        {
            "orders": fargate(tables={"orders": "write"}, emits={"order.placed": "orders"}),
            "relay": function(orders="take", consumes=["order.placed"]),
        }
    )
    look = recorder.inputs(FUNCTION, "app-liveness")
    watched = json.loads(look["environment"]["variables"]["STORE_WATCHED"])
    assert watched["pipes"] == [pipe.inputs["name"] for pipe in recorder.of(":Pipe")]
    mappings = [mapping.name for mapping in recorder.of(":EventSourceMapping")]
    assert sorted(mappings) == ["app-relay-inbox", "app-relay-orders"]
    assert len(watched["mappings"]) == 2
    assert watched["pipes"][0].startswith("web-store-app-"), "the right to see it is by this beginning"
    assert actions(recorder, "app-liveness") >= {"pipes:DescribePipe", "lambda:GetEventSourceMapping"}
    assert "function:app-liveness" in recorder.inputs(":EventTarget", "app-liveness")["arn"]
    alarm = recorder.inputs(":MetricAlarm", "app-liveness-stopped")
    namespace = look["environment"]["variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert (alarm["namespace"], alarm["dimensions"]) == (namespace, {"service": "app-liveness"})
    assert alarm["insufficientDataActions"] == alarm["alarmActions"]


def test_without_sources_nobody_looks() -> None:
    assert made({"things": fargate()}).of(":EventRule") == []
