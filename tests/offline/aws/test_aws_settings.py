"""The plugin runs only at home, and knows every type of the installed pulumi_aws."""

import pytest

from offline import schema
from offline.aws.config import problems_of
from offline.schema import UnknownTypeError, package_version, schema_of
from tests.offline.aws.driver import QUEUE, Engine, RefusedCallError


def test_without_its_home_it_refuses_and_says_that_it_is_not_aws(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WEBSTORE_OFFLINE_HOME", raising=False)
    with pytest.raises(RefusedCallError, match="offline AWS refuses to run"):
        Engine().configure()


@pytest.mark.parametrize("backend", ["", "https://api.pulumi.com", "s3://state", "file:///elsewhere"])
@pytest.mark.usefixtures("home")
def test_it_refuses_a_backend_that_is_not_its_own(monkeypatch: pytest.MonkeyPatch, backend):
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    with pytest.raises(RefusedCallError, match="PULUMI_BACKEND_URL"):
        Engine().configure()


@pytest.mark.usefixtures("home")
def test_without_a_region_it_says_where_to_set_one():
    with pytest.raises(RefusedCallError, match="the Region must be set: `aws:region` in the stack"):
        Engine().configure(region="")


@pytest.mark.usefixtures("home")
def test_a_role_of_an_account_that_is_not_allowed_is_refused():
    roles = '[{"roleArn":"arn:aws:iam::222222222222:role/deploy"}]'
    with pytest.raises(RefusedCallError, match=r"222222222222 .*allowedAccountIds: 111111111111"):
        Engine().configure(allowedAccountIds='["111111111111"]', assumeRoles=roles)


@pytest.mark.usefixtures("home")
def test_a_resource_before_configuration_is_a_broken_protocol():
    with pytest.raises(RefusedCallError, match="must call Configure before"):
        Engine().check(QUEUE, "orders", {})


def test_an_unknown_type_is_refused_by_name(engine: Engine):
    with pytest.raises(RefusedCallError, match="aws:sqs/quue:Quue is not a resource type"):
        engine.problems("aws:sqs/quue:Quue", {})


def test_the_version_is_that_of_the_package(engine: Engine):
    import pulumi_aws._utilities as installed
    from google.protobuf import empty_pb2

    assert engine.call("GetPluginInfo", empty_pb2.Empty()).version == str(installed.get_version())
    assert package_version() == str(installed.get_version())


def test_every_resource_type_of_the_package_has_a_schema_or_at_least_a_file():
    tokens = schema.all_tokens()
    assert len(tokens) > 1700
    for token in sorted(tokens)[::60]:
        read = schema_of(token)
        assert read.outputs.types, token
        assert read.inputs.required <= read.inputs.types.keys()


def test_the_schema_tells_nested_types_and_what_is_required():
    queue, table = schema_of(QUEUE), schema_of("aws:dynamodb/table:Table")
    assert queue.inputs.types["visibilityTimeoutSeconds"].kind == "integer"
    assert {"arn", "url"} <= queue.outputs.required
    attributes = table.inputs.types["attributes"]
    assert (attributes.kind, attributes.element and attributes.element.kind) == ("list", "object")
    assert attributes.element is not None
    assert table.object(attributes.element.name).required == {"name", "type"}


def test_reading_the_sources_gives_what_was_kept(tmp_path, monkeypatch: pytest.MonkeyPatch):
    token = "aws:wafv2/webAcl:WebAcl"
    kept = schema_of(token)
    schema_of.cache_clear()
    monkeypatch.setattr(schema, "_store", lambda: tmp_path)
    fresh, again = schema_of(token), schema_of.__wrapped__(token)
    schema_of.cache_clear()
    assert fresh.inputs == kept.inputs == again.inputs
    assert fresh.packed == kept.packed == again.packed


def test_an_unknown_token_has_no_schema():
    with pytest.raises(UnknownTypeError):
        schema_of("aws:sqs/quue:Quue")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"region": "eu-west-9"}, True),
        ({"region": "eu-west-9", "skipRegionValidation": "true"}, False),
        ({"region": "eu-central-2"}, False),
    ],
)
def test_a_region_that_aws_does_not_have_is_refused(given, refused):
    assert [problem.path for problem in problems_of(given)] == (["region"] if refused else [])
