"""The gate, asked by boto3 over HTTP, with moto behind it."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import uvicorn
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Signer
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from local.errors import AwsError
from local.gate import Gate
from local.journal import Journal
from local.principals import Credentials, Principals
from tests.local.gate_state import ACCOUNT, BOUNDED, BUS, CLOSED, REGION, ROLE, TASK, TOPIC, WRITER, arn, small_state

_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/carts-1/local"


@dataclass(kw_only=True)
class Run:
    """A gate that listens, and clients of it and of moto itself."""

    gate: Gate
    journal: Journal
    principals: Principals
    url: str
    moto: str
    http: httpx.Client

    def client(self, service: str, role: str = ROLE, **changes: str) -> Any:
        return _client(service, self.url, replace(self.principals.credentials(role), **changes))

    def behind(self, service: str) -> Any:
        return _client(service, self.moto, Credentials("behind", "x", "x", "", ""))


def _client(service: str, url: str, given: Credentials) -> Any:
    return boto3.client(  # pyright: ignore[reportCallIssue]
        service,  # pyright: ignore[reportArgumentType]
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=given.access_key_id,
        aws_secret_access_key=given.secret_access_key,
        aws_session_token=given.session_token,
        config=Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    journal = Journal(tmp_path_factory.mktemp("gate") / "journal.jsonl")
    principals = Principals()
    gate = Gate(small_state(), principals, journal, f"http://{host}:{port}")
    server = _Server(uvicorn.Config(gate, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    server.listens.wait()
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    httpx.post(f"http://{host}:{port}/moto-api/reset")  # other files' tests leave things in this process
    # Plain HTTP: certificates take long to load.
    with httpx.Client(base_url=url, trust_env=False, verify=False) as http:
        found = Run(gate=gate, journal=journal, principals=principals, url=url, moto=f"http://{host}:{port}", http=http)
        _provision(found)
        yield found
    server.should_exit = True
    thread.join()
    moto.stop()
    asyncio.run(gate.close())
    journal.close()


def _provision(run: Run) -> None:
    for name in ("plain", "carts", "foreign", "orders"):
        run.behind("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
    for name in ("inbox", "locked", "shut"):
        run.behind("sqs").create_queue(QueueName=name)
    run.behind("sns").create_topic(Name="alarms")
    run.behind("s3").create_bucket(Bucket="media", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("public/a b+ü", "public/secret", "private"):
        run.behind("s3").put_object(Bucket="media", Key=key, Body=b"picture")
    run.behind("sesv2").create_contact_list(ContactListName="news")


_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"
_ITEM = {"id": {"S": "1"}}
_EVENT = {"Source": "store.carts", "DetailType": "cart.saved", "Detail": "{}", "EventBusName": "store"}
Ask = Callable[[Run], Any]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(
            lambda run: run.client("dynamodb").put_item(TableName="carts", Item=_ITEM), id="json, with its key"
        ),
        pytest.param(lambda run: run.client("dynamodb").scan(TableName="plain"), id="json, without a key"),
        pytest.param(lambda run: run.client("sqs").send_message(QueueUrl=f"{_URL}inbox", MessageBody="x"), id="SQS"),
        pytest.param(lambda run: run.client("sns").publish(TopicArn=TOPIC, Message="x & <y>"), id="query"),
        pytest.param(lambda run: run.client("s3").get_object(Bucket="media", Key="public/a b+ü"), id="rest-xml"),
        pytest.param(
            lambda run: run.client("sesv2").create_contact(ContactListName="news", EmailAddress="a+b@example.com"),
            id="rest-json",
        ),
        pytest.param(
            lambda run: run.client("dynamodb", BOUNDED).get_item(TableName="orders", Key=_ITEM), id="in its boundary"
        ),
    ],
)
def test_an_allowed_call_reaches_the_emulator(run: Run, ask: Ask) -> None:
    assert ask(run)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_body_comes_through_whole(run: Run) -> None:
    assert run.client("s3").get_object(Bucket="media", Key="public/a b+ü")["Body"].read() == b"picture"


def test_callers_are_told_who_they_are(run: Run) -> None:
    found = run.client("sts").get_caller_identity()
    assert (found["Arn"], found["UserId"], found["Account"]) == (_SESSION, "AROAEXAMPLE:local", ACCOUNT)


def test_the_length_of_an_object_is_told_without_it(run: Run) -> None:
    assert run.client("s3").head_object(Bucket="media", Key="public/a b+ü")["ContentLength"] == len(b"picture")


def test_a_large_object_is_stored_whole(run: Run) -> None:
    body = bytes(range(256)) * 8_000
    run.client("s3", WRITER).put_object(Bucket="media", Key="large", Body=body)
    assert run.behind("s3").get_object(Bucket="media", Key="large")["Body"].read() == body


_NO_IDENTITY = "because no identity-based policy allows the {} action"


@pytest.mark.parametrize(
    ("ask", "code", "status", "action", "why"),
    [
        pytest.param(
            lambda run: run.client("dynamodb").put_item(TableName="orders", Item=_ITEM),
            *("AccessDeniedException", 400, "dynamodb:PutItem", _NO_IDENTITY),
            id="another table",
        ),
        pytest.param(
            lambda run: run.client("dynamodb").transact_write_items(
                TransactItems=[{"Put": {"TableName": name, "Item": _ITEM}} for name in ("carts", "orders")]
            ),
            *("AccessDeniedException", 400, "dynamodb:PutItem", _NO_IDENTITY),
            id="one table of a transaction",
        ),
        pytest.param(
            lambda run: run.client("dynamodb").get_item(TableName="foreign", Key=_ITEM),
            *("AccessDeniedException", 400, "kms:Decrypt", "because no resource-based policy allows the {} action"),
            id="the key of the table",
        ),
        pytest.param(
            lambda run: run.client("sqs").send_message(QueueUrl=f"{_URL}locked", MessageBody="x"),
            *("KMS.AccessDeniedException", 400, "kms:GenerateDataKey", _NO_IDENTITY),
            id="the key through another service",
        ),
        pytest.param(
            lambda run: run.client("sqs").send_message(QueueUrl=f"{_URL}shut", MessageBody="x"),
            *("AccessDenied", 400, "sqs:SendMessage", "with an explicit deny in a resource-based policy"),
            id="a queue's policy",
        ),
        pytest.param(
            lambda run: run.client("sqs", BOUNDED).send_message(QueueUrl=f"{_URL}inbox", MessageBody="x"),
            *("AccessDenied", 400, "sqs:SendMessage", "because no permissions boundary allows the {} action"),
            id="the boundary",
        ),
        pytest.param(
            lambda run: run.client("s3").get_object(Bucket="media", Key="private"),
            *("AccessDenied", 403, "s3:GetObject", _NO_IDENTITY),
            id="another object",
        ),
        pytest.param(
            lambda run: run.client("s3").get_object(Bucket="media", Key="public/secret"),
            *("AccessDenied", 403, "s3:GetObject", "with an explicit deny in a resource-based policy"),
            id="a bucket's policy",
        ),
        pytest.param(
            lambda run: run.client("sns").publish(TopicArn=TOPIC.replace("alarms", "others"), Message="x"),
            *("AuthorizationError", 403, "sns:Publish", _NO_IDENTITY),
            id="another topic",
        ),
        pytest.param(
            lambda run: run.client("sesv2").get_contact(ContactListName="other", EmailAddress="a@example.com"),
            *("AccessDeniedException", 403, "ses:GetContact", _NO_IDENTITY),
            id="another list",
        ),
        pytest.param(
            lambda run: run.client("events").put_events(Entries=[_EVENT, {**_EVENT, "Source": "store.orders"}]),
            *("AccessDeniedException", 400, "events:PutEvents", _NO_IDENTITY),
            id="an event of another source",
        ),
        pytest.param(
            lambda run: run.client("events").put_events(Entries=[{**_EVENT, "DetailType": "unknown"}]),
            *("AccessDeniedException", 400, "events:PutEvents", "with an explicit deny in a resource-based policy"),
            id="the bus's policy",
        ),
    ],
)
def test_a_denied_call_fails_as_on_aws(run: Run, ask: Ask, code: str, status: int, action: str, why: str) -> None:
    with pytest.raises(ClientError) as failed:
        ask(run)
    response = failed.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    text = response["Error"]["Message"]
    assert f"is not authorized to perform: {action} on resource: arn:aws:" in text
    assert text.endswith(why.format(action))
    denied = run.journal.denied()[-1]
    assert (denied["action"], denied["allowed"]) == (action, False)


def test_a_task_of_the_vpc_calls_through_its_endpoint(run: Run) -> None:
    run.client("dynamodb", TASK).get_item(TableName="plain", Key=_ITEM)
    run.client("dynamodb", TASK).get_item(TableName="plain", Key=_ITEM)
    paths = [entry for entry in run.journal.entries("connection") if entry["target"] == "network-dynamodb"]
    assert [(entry["source"], entry["allowed"]) for entry in paths] == [("task", True)]


def test_the_policy_of_an_endpoint_limits(run: Run) -> None:
    with pytest.raises(ClientError, match="because no VPC endpoint policy allows the dynamodb:PutItem action"):
        run.client("dynamodb", TASK).put_item(TableName="plain", Item=_ITEM)


def test_the_permission_of_the_key_is_that_of_the_service_not_of_the_endpoint(run: Run) -> None:
    assert run.client("dynamodb", TASK).get_item(TableName="carts", Key=_ITEM)


def test_without_a_rule_there_is_no_connection(run: Run) -> None:
    with pytest.raises(ClientError, match="no egress rule of sg-closed allows TCP 443") as failed:
        run.client("sqs", CLOSED).receive_message(QueueUrl=f"{_URL}inbox")
    assert failed.value.response["Error"]["Code"] == "ConnectionRefused"
    assert run.journal.denied()[-1]["kind"] == "connection"


def test_nothing_of_a_denied_transaction_reaches_the_emulator(run: Run) -> None:
    item = {"id": {"S": "half"}}
    puts = [{"Put": {"TableName": name, "Item": item}} for name in ("carts", "orders")]
    with pytest.raises(ClientError):
        run.client("dynamodb").transact_write_items(TransactItems=puts)
    assert "Item" not in run.behind("dynamodb").get_item(TableName="carts", Key=item)


def test_a_call_is_recorded_with_what_decided(run: Run) -> None:
    run.client("dynamodb").get_item(TableName="carts", Key=_ITEM)
    first, second = run.journal.entries("call")[-2:]
    assert first["principal"] == second["principal"] == _SESSION
    assert (first["action"], first["resource"]) == ("dynamodb:GetItem", arn("dynamodb", "table/carts"))
    assert (first["why"], second["why"]) == ("allowed by Items of carts-inline", "allowed by Key of carts-inline")


def test_a_function_is_invoked_by_roles_that_may(run: Run) -> None:
    given: list[Any] = []

    async def invoke(name: str, event: Any) -> tuple[Any, Any | None]:
        given.append((name, event))
        return (
            (None, {"errorType": "ValueError", "errorMessage": "no"})
            if event == "fail"
            else ({"statusCode": 200}, None)
        )

    run.gate.invoke = invoke
    try:
        allowed = run.client("lambda", WRITER)
        answer = allowed.invoke(FunctionName="translate-1", Payload=b'{"path": "/internal"}')
        failed = allowed.invoke(FunctionName="translate-1", Payload=b'"fail"')
        with pytest.raises(ClientError) as refused:
            run.client("lambda").invoke(FunctionName="translate-1", Payload=b"{}")
    finally:
        run.gate.invoke = None
    assert json.loads(answer["Payload"].read()) == {"statusCode": 200}
    assert (failed["FunctionError"], json.loads(failed["Payload"].read())["errorType"]) == ("Unhandled", "ValueError")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert given == [("translate-1", {"path": "/internal"}), ("translate-1", "fail")]


def test_an_operation_that_the_run_serves_goes_there_once_it_is_allowed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    async def put_events(parameters: Any) -> dict[str, Any]:
        given.extend(parameters["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "2"}]}

    monkeypatch.setitem(run.gate.served, ("events", "PutEvents"), put_events)
    answer = run.client("events").put_events(Entries=[_EVENT, {**_EVENT, "EventBusName": BUS, "Detail": "x"}])
    assert [entry["EventBusName"] for entry in given] == ["store", BUS]
    assert [entry["EventId"] for entry in answer["Entries"]] == ["1", "2"]
    with pytest.raises(ClientError, match="not authorized"):
        run.client("events").put_events(Entries=[{**_EVENT, "Source": "store.orders"}])
    assert len(given) == 2


def test_what_the_run_refuses_is_an_error_of_the_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Any) -> dict[str, Any]:
        raise AwsError("InternalException", "An internal error occurred.")

    monkeypatch.setitem(run.gate.served, ("events", "PutEvents"), refuse)
    events = run.client("events")
    with pytest.raises(events.exceptions.InternalException, match=r"An internal error occurred\.$"):
        events.put_events(Entries=[_EVENT])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"session_token": "wrong"}, "UnrecognizedClientException"),
        ({"access_key_id": "ASIAUNKNOWN"}, "UnrecognizedClientException"),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client("dynamodb").scan(TableName="plain"),
        lambda client: client("sns").publish(TopicArn=TOPIC, Message="x"),
        lambda client: client("s3").get_object(Bucket="media", Key="public/a b+ü"),
        lambda client: client("sesv2").get_contact_list(ContactListName="news"),
    ],
    ids=["json", "query", "rest-xml", "rest-json"],
)
def test_only_who_has_the_secret_is_let_in(run: Run, changes: dict[str, str], code: str, ask: Any) -> None:
    with pytest.raises(ClientError) as failed:
        ask(lambda service: run.client(service, **changes))
    response = failed.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, 403)


def test_an_unsigned_call_is_refused(run: Run) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    answer = run.http.post("/", content="{}", headers=headers)
    assert (answer.status_code, answer.json()["__type"]) == (403, "MissingAuthenticationToken")
    assert run.journal.denied()[-1]["principal"] == "anonymous"


def test_an_operation_that_needs_no_credentials_goes_through(run: Run) -> None:
    client = boto3.client(
        "cognito-idp", REGION, endpoint_url=run.url, config=Config(signature_version=UNSIGNED, proxies={})
    )
    with pytest.raises(ClientError) as failed:
        client.sign_up(ClientId="none", Username="a", Password="b")
    assert failed.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda run: run.client("ec2").describe_vpcs(), "must be of one of"),
        (lambda run: run.client("sqs").create_queue(QueueName="x"), "sqs CreateQueue must be one of the operations"),
        (lambda run: run.client("kms").decrypt(CiphertextBlob=b"x"), "must name KeyId"),
    ],
)
def test_what_the_gate_cannot_judge_it_refuses(run: Run, ask: Ask, told: str) -> None:
    with pytest.raises(ClientError, match=told) as failed:
        ask(run)
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert told in run.journal.denied()[-1]["why"]


def test_credentials_of_a_role_that_is_not_deployed_let_nobody_in(run: Run) -> None:
    for service in ("sqs", "sts"):
        client = run.client(service, f"{ROLE}-gone")
        with pytest.raises(ClientError, match="the state must hold the role"):
            client.receive_message(QueueUrl=f"{_URL}inbox") if service == "sqs" else client.get_caller_identity()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["S", "Put", "Key", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_NAMES = ["TableName", "Key", "Item", "TransactItems", "RequestItems", "KeyConditionExpression", "KeyConditions"]
_NAMES += ["ExpressionAttributeValues", "ExpressionAttributeNames", "UpdateExpression"]
_TARGETS = ["GetItem", "PutItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactWriteItems"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(_TARGETS), st.one_of(_JSON, st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=4)))
def test_no_signed_request_brings_the_gate_down(run: Run, target: str, content: Any) -> None:
    given = run.principals.credentials(ROLE)
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{target}", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest(method="POST", url=f"{run.url}/", data=json.dumps(content).encode(), headers=headers)
    signer = Signer(given.access_key_id, given.secret_access_key, given.session_token)
    SigV4Auth(signer, "dynamodb", REGION).add_auth(request)
    answer = run.http.post("/", content=request.data, headers=dict(request.headers))
    assert answer.status_code in (400, 501), answer.text


def test_a_dead_emulator_is_told_as_unavailable(tmp_path: Path) -> None:
    async def asked() -> httpx.Response:
        with Journal(tmp_path / "journal.jsonl") as journal:
            gate = Gate(small_state(), Principals(), journal, "http://127.0.0.1:1")
            transport = httpx.ASGITransport(app=gate)
            async with httpx.AsyncClient(transport=transport, base_url="http://gate") as client:
                target = "AWSCognitoIdentityProviderService.SignUp"
                headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
                answer = await client.post("/", content="{}", headers=headers)
            await gate.close()
            return answer

    answer = asyncio.run(asked())
    assert (answer.status_code, json.loads(answer.content)["__type"]) == (503, "ServiceUnavailable")
