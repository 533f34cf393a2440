"""The Search box: who gets to the engine, how it is encrypted and watched, what fills the index."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from components.blocks.table import Table
from components.search import Search
from components.search.engine import index_name
from settings.search import SearchSettings
from tests.foundation import foundation, key_arn, network, security_group
from tests.mocks import ACCOUNT_ID as ACCOUNT
from tests.mocks import Recorder, record
from tests.unit.fakes import fake

DOMAIN, PIPELINE = "opensearch/domain:Domain", "opensearchingest/pipeline:Pipeline"
FUNCTION, MAPPING = "lambda/function:Function", "lambda/eventSourceMapping:EventSourceMapping"
ARN = f"arn:aws:es:eu-west-1:{ACCOUNT}:domain/web-store-search-test"
SMALL = {
    "kind": "opensearch-domain",
    "instance_type": "t3.small.search",
    "zones": 1,
    "standby": False,
    "master_type": None,
    "feed": {"kind": "function"},
}
LARGE = {"kind": "opensearch-domain"}
OFF = {"kind": "off"}


def settings(engine: dict[str, Any]) -> SearchSettings:
    return SearchSettings.model_validate_json(json.dumps({"engine": engine}))


def box(engine: dict[str, Any], *, protect: bool = False) -> Search:
    subnets = [f"subnet-data-{zone}" for zone in "abc"]
    return Search(
        "search",
        settings=settings(engine),
        foundation=foundation(protect=protect),
        network=network(data_subnet_ids=subnets),
    )


def made(
    engine: dict[str, Any], use: Callable[[Search], object] = lambda _: None, *, protect: bool = False
) -> Recorder:
    def program() -> None:
        search = box(engine, protect=protect)
        use(search)
        stream_arn = pulumi.Output.from_input(f"{TABLE['table_arn']}/stream/1")
        table = fake(Table, **TABLE, stream_arn=stream_arn, grant_read=_grant, grant_stream=_grant)
        search.follow(table)

    return record(program)


TABLE = {
    "table_name": "data-products",
    "table_arn": "arn:aws:dynamodb:eu-west-1:111111111111:table/data-products",
}


def _grant(role: aws.iam.Role) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(f"table-by-{role.pulumi_resource_name}", role=role.name, policy="{}")


def searching(search: Search) -> None:
    search.grant_read(aws.iam.Role("catalogue", assume_role_policy="{}"))
    search.admit(security_group("clients"), purpose="Services that use search")


def statements(recorder: Recorder, policy: str) -> dict[str, dict[str, Any]]:
    (found,) = (one for one in recorder.of("iam/rolePolicy:RolePolicy") if one.name == policy)
    return found.statements()


def test_a_domain_takes_requests_of_iam_roles_only_inside_the_vpc_and_over_tls() -> None:
    inputs = made(LARGE).inputs(DOMAIN)
    assert inputs["advancedSecurityOptions"] == {
        "enabled": True,
        "anonymousAuthEnabled": False,
        "internalUserDatabaseEnabled": False,
        "masterUserOptions": {"masterUserArn": f"arn:aws:iam::{ACCOUNT}:role/search-index"},
    }
    assert inputs["domainEndpointOptions"] == {
        "enforceHttps": True,
        "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    assert (inputs["encryptAtRest"]["kmsKeyId"], inputs["nodeToNodeEncryption"]["enabled"]) == (
        key_arn("customer"),
        True,
    )
    assert inputs["vpcOptions"]["subnetIds"] == ["subnet-data-a", "subnet-data-b", "subnet-data-c"]
    statements = {one["Sid"]: one for one in json.loads(inputs["accessPolicies"])["Statement"]}
    assert {name: one["Principal"]["AWS"].rpartition("/")[2] for name, one in statements.items()} == {
        "Administer": "search-index",
        "PipelineFindsDomain": "search-pipeline",
        "PipelineIngests": "search-pipeline",
    }
    assert statements["Administer"]["Resource"] == f"{ARN}/*"
    (alone,) = json.loads(made(SMALL).inputs(DOMAIN)["accessPolicies"])["Statement"]
    assert alone["Sid"] == "Administer"


def test_three_zones_have_a_standby_and_masters_of_their_own_and_one_zone_has_neither() -> None:
    nodes = made(LARGE).inputs(DOMAIN)["clusterConfig"]
    assert (nodes["instanceCount"], nodes["multiAzWithStandbyEnabled"], nodes["dedicatedMasterCount"]) == (3, True, 3)
    assert nodes["zoneAwarenessConfig"] == {"availabilityZoneCount": 3}
    inputs = made(SMALL).inputs(DOMAIN)
    nodes = inputs["clusterConfig"]
    assert (nodes["instanceCount"], nodes["zoneAwarenessEnabled"], nodes["dedicatedMasterEnabled"]) == (1, False, False)
    assert "zoneAwarenessConfig" not in nodes
    assert inputs["autoTuneOptions"]["desiredState"] == "DISABLED", "AWS refuses it for T3"


def test_every_log_of_the_domain_is_kept_and_the_domain_may_write_it_first() -> None:
    recorder = made(LARGE)
    domain = next(iter(recorder.of(DOMAIN)))
    options = domain.inputs["logPublishingOptions"]
    assert {option["logType"] for option in options} == {
        "AUDIT_LOGS",
        "ES_APPLICATION_LOGS",
        "INDEX_SLOW_LOGS",
        "SEARCH_SLOW_LOGS",
    }
    policy = next(one for one in recorder.of("logResourcePolicy:LogResourcePolicy"))
    (statement,) = json.loads(policy.inputs["policyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": ARN}
    assert policy.urn in domain.dependencies


@pytest.mark.parametrize("engine", [SMALL, LARGE], ids=["small", "large"])
def test_readers_may_search_one_alias_and_writers_write_one_index(engine: dict[str, Any]) -> None:
    recorder = made(engine, searching)
    read = statements(recorder, "search-read-by-catalogue")["ReadIndex"]
    assert (read["Action"], read["Resource"]) == (["es:ESHttpGet", "es:ESHttpPost"], f"{ARN}/products/_search")
    if engine is SMALL:
        write = statements(recorder, "search-feed-writes")["WriteIndex"]
        assert (write["Action"], write["Resource"]) == ("es:ESHttpPost", f"{ARN}/products-*/_bulk")


@pytest.mark.parametrize(("engine", "writer"), [(SMALL, "search-feed"), (LARGE, "search-pipeline")])
def test_the_function_of_the_index_maps_every_reader_and_the_writer(engine: dict[str, Any], writer: str) -> None:
    recorder = made(engine, searching)
    (function,) = (one for one in recorder.of(FUNCTION) if one.name == "search-index")
    variables = function.inputs["environment"]["variables"]
    assert json.loads(variables["STORE_SEARCH_ROLES"]) == {
        "reader": [f"arn:aws:iam::{ACCOUNT}:role/catalogue"],
        "writer": [f"arn:aws:iam::{ACCOUNT}:role/{writer}"],
    }
    assert variables["STORE_SEARCH_FILLS"] == ("true" if engine is SMALL else "false")
    assert variables["STORE_SEARCH_COPIES"] == ("0" if engine is SMALL else "2")
    assert function.inputs["role"].endswith(":role/search-index"), "the master user of the domain"


def test_only_clients_and_feed_reach_the_engine() -> None:
    recorder = made(SMALL, searching)
    rules = {one.name for one in recorder.of("securityGroupIngressRule:SecurityGroupIngressRule")}
    assert rules == {f"search-domain-from-{client}-443" for client in ("clients", "search-feed", "search-index")}


def test_a_pipeline_exports_the_table_and_follows_it_into_the_index() -> None:
    recorder = made(LARGE, searching)
    pipeline = next(iter(recorder.of(PIPELINE)))
    index = index_name("pipeline", 2)
    body = yaml.safe_load(pipeline.inputs["pipelineConfigurationBody"])["products"]
    (table,) = body["source"]["dynamodb"]["tables"]
    assert table["table_arn"] == TABLE["table_arn"]
    assert table["export"]["s3_sse_kms_key_id"] == key_arn("customer")
    assert table["stream"] == {"start_position": "LATEST", "view_on_remove": "OLD_IMAGE"}
    sink = body["sink"][0]["opensearch"]
    assert (sink["index"], sink["document_id"]) == (index, "${/product_id}")
    assert (sink["document_version_type"], sink["dlq"]["s3"]["key_path_prefix"]) == ("external", "dead-letters/")
    assert body["processor"][0] == {"drop_events": {"drop_when": '/item != "CATEGORY#*"'}}
    assert pipeline.inputs["pipelineName"] == f"products-{index[-10:]}-test"
    assert pipeline.delete_before_replace, "a stream has two readers, and the outbox is one"
    (invocation,) = recorder.of("lambda/invocation:Invocation")
    assert invocation.urn in pipeline.dependencies, "its role is mapped before it starts"


def test_a_function_follows_the_stream_and_sets_aside_what_it_cannot_write() -> None:
    mapping = made(SMALL).inputs(MAPPING)
    assert mapping["startingPosition"] == "TRIM_HORIZON"
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert json.loads(mapping["filterCriteria"]["filters"][0]["pattern"]) == {
        "dynamodb": {"Keys": {"item": {"S": ["CATEGORY#*"]}}}
    }
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"].endswith(":search-feed-dead")
    assert list(made(SMALL).of(PIPELINE)) == []


def test_alarms_are_those_that_aws_recommends() -> None:
    found = {
        (one.inputs["metricName"], one.inputs["threshold"], one.inputs["comparisonOperator"])
        for one in made(LARGE).of("metricAlarm:MetricAlarm")
        if one.inputs["namespace"] == "AWS/ES"
    }
    at_least, below = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
    assert found == {
        ("ClusterStatus.red", 1, at_least),
        ("ClusterStatus.yellow", 1, at_least),
        ("FreeStorageSpace", 20 * 1024 / 4, "LessThanOrEqualToThreshold"),
        ("ClusterIndexWritesBlocked", 1, at_least),
        ("AutomatedSnapshotFailure", 1, at_least),
        ("CPUUtilization", 80, at_least),
        ("JVMMemoryPressure", 95, at_least),
        ("KMSKeyInaccessible", 1, at_least),
        ("KMSKeyError", 1, at_least),
        ("Nodes", 6, below),
        ("MasterReachableFromNode", 1, below),
        ("MasterCPUUtilization", 50, at_least),
        ("MasterJVMMemoryPressure", 95, at_least),
    }


def test_off_makes_nothing_and_refuses_users() -> None:
    recorder = made(OFF)
    assert [one.name for one in recorder.resources if one.name.startswith("search")] == ["search"], "the box alone"
    with pytest.raises(ValueError, match=r"search\.engine must be on"):
        made(OFF, searching)


def test_another_template_feed_or_number_of_copies_makes_another_index() -> None:
    names = {index_name("pipeline", 2), index_name("function", 2), index_name("pipeline", 0)}
    assert len(names) == 3
    assert index_name("pipeline", 2) in names, "the same is the same"


def test_the_index_name_changes_with_each_file_of_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("components.search.engine.FUNCTIONS", tmp_path)
    folder = tmp_path / "search_index"
    folder.mkdir()
    names = set()
    for name in ("template.json", "synonyms.txt", "handler.py"):
        (folder / name).write_text("x")
        names.add(index_name("function", 0))
    assert len(names) == 2, "code is not data"


@pytest.mark.parametrize("protect", [True, False])
def test_the_domain_is_protected_where_the_environment_is_and_never_left_behind(protect: bool) -> None:
    domain = made(LARGE, protect=protect).one(DOMAIN)
    assert (domain.protect, domain.retain_on_delete) == (protect, False)
