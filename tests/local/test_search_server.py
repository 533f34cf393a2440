"""The search domain of a state: signatures, ways, rights and roles decide; pipelines and schedules feed it."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.common.search import Engine, SearchError
from local.errors import LocalError
from local.gate import Gate
from local.ingestion import Ingestion
from local.journal import Journal
from local.opensearch.server import DOMAIN, SearchServer, domain_of
from local.pacing import Pacing
from local.principals import Principals
from local.schedules import schedules_of
from local.serving import serve
from local.state import Deployed

ACCOUNT = "111111111111"
ARN = f"arn:aws:es:eu-west-1:{ACCOUNT}:domain/store"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/products"


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(test(**given))  # pyright: ignore[reportArgumentType]

    return run


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def entry(type_: str, label: str, /, **outputs: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::web-store::{type_}::{label}", "type": type_, "id": label, "outputs": outputs}


def function(name: str, group: str) -> list[dict[str, Any]]:
    return [
        entry("aws:iam/role:Role", name, arn=role(name), name=name, uniqueId=f"AROA{name}", assumeRolePolicy=TRUST),
        entry("aws:ec2/securityGroup:SecurityGroup", group, vpcId="vpc"),
        entry(
            "aws:lambda/function:Function",
            name,
            arn=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}",
            name=name,
            role=role(name),
            vpcConfig={"securityGroupIds": [group]},
        ),
    ]


def allowed(name: str, action: str, resource: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return entry("aws:iam/rolePolicy:RolePolicy", f"{name}-{action}", name=f"{name}-{action}", role=name, policy=policy)


def rules(client: str) -> list[dict[str, Any]]:
    ports = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    out = {"securityGroupId": client, "referencedSecurityGroupId": "sg-domain", **ports}
    into = {"securityGroupId": "sg-domain", "referencedSecurityGroupId": client, **ports}
    return [
        entry("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", f"{client}-out", **out),
        entry("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", f"{client}-in", **into),
    ]


ACCESS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": role("index")}, "Action": "es:ESHttp*", "Resource": f"{ARN}/*"}
        ],
    }
)


def state(*more: dict[str, Any]) -> Deployed:
    return Deployed(
        [
            entry("pulumi:pulumi:Stack", "dev", environment_region="eu-west-1", environment_account_id=ACCOUNT),
            entry("aws:ec2/securityGroup:SecurityGroup", "sg-domain", vpcId="vpc"),
            entry(
                DOMAIN,
                "search-domain",
                arn=ARN,
                accessPolicies=ACCESS,
                vpcOptions={"securityGroupIds": ["sg-domain"]},
                advancedSecurityOptions={"masterUserOptions": {"masterUserArn": role("index")}},
            ),
            *function("index", "sg-index"),
            *rules("sg-index"),
            *function("catalogue", "sg-catalogue"),
            allowed("catalogue", "es:ESHttpPost", f"{ARN}/products/_search"),
            *rules("sg-catalogue"),
            *function("stranger", "sg-stranger"),
            *function("walled", "sg-walled"),
            allowed("walled", "es:ESHttp*", f"{ARN}/*"),
            *more,
        ]
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl") as made:
        yield made


class Search:
    def __init__(self, deployed: Deployed, journal: Journal) -> None:
        self.principals = Principals()
        gate = Gate(deployed, self.principals, journal, "http://127.0.0.1:9")
        domain = domain_of(deployed)
        assert domain
        self.gate, self.server = gate, SearchServer(domain, gate, self.principals, journal, deployed)

    async def asked(self, name: str, *request: Any, region: str = "eu-west-1", signed_for: str = "es") -> Any:
        """What the code's own client makes of the answer."""
        listener = await serve(self.server)
        try:
            return await asyncio.to_thread(self._ask, listener.url, name, request, region, signed_for)
        finally:
            await listener.close()

    def _ask(self, url: str, name: str, request: Any, region: str, signed_for: str) -> Any:
        given = self.principals.credentials(role(name))
        engine = Engine(url, signed_for, (1, 5))
        keys = SimpleNamespace(
            access_key=given.access_key_id, secret_key=given.secret_access_key, token=given.session_token
        )
        engine._session = SimpleNamespace(get_credentials=lambda: keys, region_name=region)  # pyright: ignore
        return engine.ask(*request)


@pytest.fixture
def search(journal: Journal) -> Search:
    return Search(state(), journal)


BODY = {"mappings": {"dynamic": False, "properties": {"name": {"type": "text"}, "price": {"type": "long"}}}}
ALIAS = {"actions": [{"add": {"index": "products-1", "alias": "products"}}]}


async def prepare(search: Search) -> None:
    reader = {
        "index_permissions": [{"index_patterns": ["products*"], "allowed_actions": ["indices:data/read/search*"]}]
    }
    for request in (
        ("PUT", "/products-1", BODY),
        ("POST", "/_aliases", ALIAS),
        ("PUT", "/_plugins/_security/api/roles/reader", reader),
        ("PUT", "/_plugins/_security/api/rolesmapping/reader", {"backend_roles": [role("catalogue")]}),
        ("POST", "/products-1/_bulk", [{"index": {"_id": "mug"}}, {"name": "Mug", "price": 1}]),
    ):
        await search.asked("index", *request)


async def refused(search: Search, name: str, *request: Any, **how: str) -> int | None:
    with pytest.raises(SearchError) as problem:
        await search.asked(name, *request, **how)
    return problem.value.status


@in_loop
async def test_who_has_a_way_a_right_and_a_role_is_answered(search: Search, journal: Journal) -> None:
    await prepare(search)
    answer = await search.asked("catalogue", "POST", "/products/_search", {"query": {"match": {"name": "mug"}}})
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["mug"]
    assert await refused(search, "walled", "POST", "/products/_search", {}) == 504, "no rule of a security group"
    assert await refused(search, "stranger", "POST", "/products/_search", {}) == 504
    assert await refused(search, "catalogue", "DELETE", "/products-1") == 403, "no right in IAM"
    assert await refused(search, "catalogue", "POST", "/products/_search", {}, signed_for="aoss") == 403
    search.server.domain.mapped.clear()
    assert await refused(search, "catalogue", "POST", "/products/_search", {}) == 403, "no role in the domain"
    assert any(call.get("action") == "es:ESHttpDelete" for call in journal.denied())


@in_loop
async def test_a_request_of_nobody_or_of_another_key_is_refused(search: Search) -> None:
    listener = await serve(search.server)
    engine = Engine(listener.url, "es", (1, 5))
    keys = SimpleNamespace(access_key="ASIA0000000000000000", secret_key="x", token="y")
    engine._session = SimpleNamespace(get_credentials=lambda: keys, region_name="eu-west-1")  # pyright: ignore
    with pytest.raises(SearchError) as problem:
        await asyncio.to_thread(engine.ask, "POST", "/products/_search", {})
    await listener.close()
    assert problem.value.status == 403


@in_loop
async def test_a_domain_that_is_down_answers_503(search: Search) -> None:
    search.server.is_down = True
    assert await refused(search, "index", "GET", "/products-1") == 503


def test_a_state_has_one_engine_at_most() -> None:
    assert domain_of(Deployed([entry("pulumi:pulumi:Stack", "dev")])) is None
    again = entry(DOMAIN, "other", arn=f"{ARN}2")
    with pytest.raises(LocalError, match="one search engine"):
        domain_of(state(again))


PIPELINE: dict[str, Any] = {
    "version": "2",
    "products": {
        "source": {
            "dynamodb": {
                "tables": [{"table_arn": TABLE, "stream": {"view_on_remove": "OLD_IMAGE"}}],
                "aws": {"sts_role_arn": role("index")},
            }
        },
        "processor": [
            {"drop_events": {"drop_when": '/item != "CATEGORY#*"'}},
            {"delete_entries": {"with_keys": ["item"]}},
        ],
        "sink": [
            {
                "opensearch": {
                    "index": "products-1",
                    "index_type": "management_disabled",
                    "document_id": "${/product_id}",
                    "action": '${getMetadata("opensearch_action")}',
                    "document_version": '${getMetadata("document_version")}',
                    "document_version_type": "external",
                }
            }
        ],
    },
}


def ingestion(search: Search, journal: Journal, body: Mapping[str, Any] = PIPELINE) -> Ingestion:
    pipeline = entry("aws:opensearchingest/pipeline:Pipeline", "p", pipelineConfigurationBody=json.dumps(body))
    (resource,) = Deployed([pipeline]).of_type("aws:opensearchingest/pipeline:Pipeline")
    cloud: Any = None
    return Ingestion(resource, cloud, search.server, search.gate.judge, journal, Pacing(0))


def record(number: int, item: str, event: str = "MODIFY", **image: Any) -> dict[str, Any]:
    keys = {"product_id": {"S": "mug"}, "item": {"S": item}}
    new = {"OldImage" if event == "REMOVE" else "NewImage": {**keys, **image}}
    return {"eventName": event, "dynamodb": {"Keys": keys, "SequenceNumber": str(number), **new}}


@in_loop
async def test_a_pipeline_writes_what_its_processors_leave(journal: Journal) -> None:
    search = Search(state(allowed("index", "dynamodb:GetRecords", f"{TABLE}/stream/*")), journal)
    await prepare(search)
    pipeline = ingestion(search, journal)
    await pipeline._take([record(10, "SKU#1", price={"N": "9"}), record(11, "CATEGORY#*", price={"N": "2"})])
    document = search.server.domain.indices["products-1"].documents["mug"]
    assert (document.source, document.version) == ({"product_id": "mug", "price": 2}, 11)
    await pipeline._take([record(12, "CATEGORY#*", price={"S": "cheap"})])
    assert [one["document"] for one in journal.entries("ingestion.dead-letter")] == ["mug"]
    await pipeline._take([record(13, "CATEGORY#*", "REMOVE")])
    assert search.server.domain.indices["products-1"].documents == {}


@in_loop
async def test_a_pipeline_that_reads_no_old_images_drops_deletions(journal: Journal) -> None:
    search = Search(state(allowed("index", "dynamodb:GetRecords", f"{TABLE}/stream/*")), journal)
    await prepare(search)
    body = json.loads(json.dumps(PIPELINE))
    body["products"]["source"]["dynamodb"]["tables"][0]["stream"] = {}
    pipeline = ingestion(search, journal, body)
    await pipeline._take([record(11, "CATEGORY#*", price={"N": "2"}), record(13, "CATEGORY#*", "REMOVE")])
    assert search.server.domain.indices["products-1"].documents.keys() == {"mug"}


def changed(**sink: Any) -> Mapping[str, Any]:
    body = json.loads(json.dumps(PIPELINE))
    body["products"]["sink"][0]["opensearch"] |= sink
    return body


@pytest.mark.parametrize(
    "body",
    [
        changed(action="index"),
        changed(document_version_type="internal"),
        {**PIPELINE, "products": {**PIPELINE["products"], "route": []}},
        {**PIPELINE, "products": {**PIPELINE["products"], "processor": [{"drop_events": {"drop_when": "/a > 1"}}]}},
        {**PIPELINE, "products": {**PIPELINE["products"], "processor": [{"grok": {}}]}},
    ],
)
def test_a_pipeline_with_something_unknown_does_not_run(search: Search, journal: Journal, body: Any) -> None:
    with pytest.raises(LocalError, match="not known here"):
        ingestion(search, journal, body)


@pytest.fixture
def scheduled(journal: Journal) -> Any:
    invoked: list[str] = []

    class Functions:
        def find(self, arn: str) -> Any:
            return next(one for one in deployed.of_type("aws:lambda/function:Function") if one.arn == arn)

        async def invoke(self, arn: str, event: Any) -> tuple[Any, None]:
            assert event["detail-type"] == "Scheduled Event"
            invoked.append(arn.rpartition(":")[2])
            return None, None

    def rule(name: str, expression: str, target: str) -> list[dict[str, Any]]:
        arn = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/{name}"
        function_arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{target}"
        return [
            entry("aws:cloudwatch/eventRule:EventRule", name, name=name, arn=arn, scheduleExpression=expression),
            entry("aws:cloudwatch/eventTarget:EventTarget", name, rule=name, arn=function_arn),
        ]

    deployed = state(*rule("fill", "rate(5 minutes)", "index"), *rule("by-event", "", "catalogue"))
    functions: Any = Functions()
    verdict = SimpleNamespace(allowed=True, why="")

    def judge(*_: Any) -> Any:
        return verdict

    return SimpleNamespace(
        all=list(schedules_of(deployed, functions, judge, journal)), invoked=invoked, verdict=verdict
    )


@in_loop
async def test_a_schedule_runs_its_function_at_once_and_again(scheduled: Any, journal: Journal) -> None:
    (schedule,) = scheduled.all
    assert schedule.seconds == 300
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(0.05)
    task.cancel()
    assert scheduled.invoked == ["index"]
    scheduled.verdict.allowed = False
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(0.05)
    task.cancel()
    assert scheduled.invoked == ["index"]
    assert len(list(journal.entries("schedule.failed"))) == 1
