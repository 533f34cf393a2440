"""AWS answers otherwise than it was asked: in capitals, with defaults, with tags of its own, with what was earlier."""

import json
from pathlib import Path

import pytest

from offline.aws.cloud import Cloud
from providers import calls
from providers.base import AwsProvider
from providers.calls import Calls
from providers.ownership import OWNER, owned, owner_of
from providers.personalize import (
    DatasetGroupProvider,
    DatasetProvider,
    RecommenderProvider,
    SchemaProvider,
    SolutionProvider,
)
from providers.refusal import RefusedError
from tests.providers.conftest import COLUMNS, OURS, PLACE, SCHEMA, Made, Properties, avro, owned_avro, tagged

WEEKLY = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}


def refreshed(provider: type[AwsProvider], arn: str, inputs: Properties) -> Properties:
    """Its state after `pulumi refresh`."""
    read = provider().read(arn, {**inputs, "arn": arn})
    assert read.inputs is not None
    return {**read.inputs, "arn": arn}


def views(made: Made) -> Properties:
    return tagged(name="shop", datasetGroupArn=made.group, schemaArn=made.schema, datasetType="Interactions")


def test_a_type_of_dataset_is_answered_in_capitals(made: Made) -> None:
    client = calls.Calls(DatasetProvider.KIND, calls.Place("123456789012", "eu-west-1"))
    described = client.describe(made.dataset)
    assert described is not None
    assert described["datasetType"] == "INTERACTIONS"
    assert refreshed(DatasetProvider, made.dataset, views(made)) == {**views(made), "arn": made.dataset}
    lower = {**views(made), "datasetType": "INTERACTIONS"}
    assert not DatasetProvider().diff(made.dataset, lower, views(made)).changes
    assert DatasetProvider().create(views(made)).id == made.dataset


@pytest.mark.parametrize("provider", [RecommenderProvider, SolutionProvider], ids=lambda it: it.KIND.noun)
def test_defaults_of_aws_are_no_change(made: Made, provider: type[AwsProvider]) -> None:
    wanted = made.further[provider]
    arn = provider().create(wanted).id
    config = f"{provider.KIND.member}Config"
    described = calls.Calls(provider.KIND, calls.Place("123456789012", "eu-west-1")).describe(arn)
    assert described is not None
    assert described[config].keys() > wanted[config].keys()
    assert not provider().diff(arn, refreshed(provider, arn, wanted), wanted).changes
    # Found again with its defaults, it is what an interrupted creation left.
    assert provider().create(wanted).id == arn
    assert calls.Calls(provider.KIND, calls.Place("123456789012", "eu-west-1")).describe(arn) == described


def test_drift_of_what_was_given_brings_no_defaults_with_it(cloud: Cloud, made: Made) -> None:
    """They would read as members that the program takes away, and replace a solution with all its versions."""
    wanted = made.further[SolutionProvider]
    arn = SolutionProvider().create(wanted).id
    (found,) = [one for one in cloud.all() if one.arn == arn]
    found.inputs["solutionConfig"] = {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}
    cloud.put(found, [arn], [])
    state = refreshed(SolutionProvider, arn, wanted)
    assert state["solutionConfig"] == {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}
    planned = SolutionProvider().diff(arn, state, wanted)
    assert (planned.changes, planned.replaces) == (True, [])
    described = calls.Calls(SolutionProvider.KIND, calls.Place("123456789012", "eu-west-1")).describe(arn)
    assert described is not None
    whole = {**wanted, "solutionConfig": described["solutionConfig"]}
    assert SolutionProvider().diff(arn, whole, wanted).replaces == []


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({**WEEKLY, "eventValueThreshold": "1"}, {"eventValueThreshold": "1"}, ["solutionConfig"]),
        ({**WEEKLY, "eventValueThreshold": "1"}, WEEKLY, ["solutionConfig"]),
        (WEEKLY, {**WEEKLY, "eventsConfig": {"eventParametersList": [{"eventType": "View"}]}}, []),
        ({**WEEKLY, "eventsConfig": {"eventParametersList": [{"eventType": "View"}]}}, WEEKLY, ["solutionConfig"]),
    ],
)
def test_what_is_taken_from_a_solution_replaces_it(old: Properties, new: Properties, replaces: list[str]) -> None:
    olds, news = tagged(name="a", solutionConfig=old), tagged(name="a", solutionConfig=new)
    planned = SolutionProvider().diff("id", olds, news)
    assert (planned.changes, planned.replaces) == (True, replaces)


def test_the_events_of_a_solution_are_updated(cloud: Cloud, made: Made) -> None:
    old = made.further[SolutionProvider]
    arn = SolutionProvider().create(old).id
    events = {"eventParametersList": [{"eventType": "View", "weight": 1.0}]}
    new = {**old, "solutionConfig": {**old["solutionConfig"], "eventsConfig": events}}
    SolutionProvider().update(arn, old, new)
    (found,) = [one for one in cloud.all() if one.arn == arn]
    assert found.inputs["solutionConfig"]["eventsConfig"] == events


def test_an_update_is_judged_by_itself_and_not_by_the_one_before(cloud: Cloud, made: Made) -> None:
    wide, other, wider = (
        SchemaProvider().create({**SCHEMA, "name": name, "schema": owned_avro(*COLUMNS, *more)}).id
        for name, more in (("wide", ("PRICE",)), ("other", ("COLOR",)), ("wider", ("PRICE", "COLOR")))
    )
    first = {**views(made), "schemaArn": wide}
    DatasetProvider().update(made.dataset, views(made), first)
    with pytest.raises(RefusedError, match=r"its update is CREATE FAILED: The new schema lacks PRICE"):
        DatasetProvider().update(made.dataset, first, {**first, "schemaArn": other})
    # AWS goes on telling of it.
    tags = {OWNER: OURS, "owner": "shop"}
    DatasetProvider().update(made.dataset, first, {**first, "tags": tags})
    DatasetProvider().update(made.dataset, first, {**first, "schemaArn": wider, "tags": tags})
    (found,) = [one for one in cloud.all() if one.arn == made.dataset]
    assert (found.inputs["schemaArn"], found.outputs["tags"]) == (wider, tags)


def test_a_failed_update_of_what_was_left_is_told_as_well(made: Made) -> None:
    wide = SchemaProvider().create({**SCHEMA, "name": "wide", "schema": owned_avro(*COLUMNS, "PRICE")}).id
    DatasetProvider().update(made.dataset, views(made), {**views(made), "schemaArn": wide})
    with pytest.raises(RefusedError, match=r"its update is CREATE FAILED: The new schema lacks PRICE"):
        DatasetProvider().create(views(made))


def test_another_role_is_in_the_state_afterwards(made: Made) -> None:
    new = {**views(made), "assumeRoleArn": "arn:aws:iam::123456789012:role/other"}
    planned = DatasetProvider().diff(made.dataset, views(made), new)
    assert (planned.changes, planned.replaces) == (True, [])
    assert DatasetProvider().update(made.dataset, views(made), new).outs == {**new, "arn": made.dataset}


def test_a_role_without_credentials_to_assume_it_is_one_message(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    inputs = tagged(name="shop", accountId="333333333333", assumeRoleArn="arn:aws:iam::333333333333:role/none")
    with pytest.raises(RefusedError, match=r"role/none cannot be assumed: there are no AWS credentials"):
        DatasetGroupProvider().create(inputs)
    assert cloud.all() == []


def test_tags_that_aws_keeps_are_no_drift(cloud: Cloud) -> None:
    inputs = tagged(name="shop", domain="ECOMMERCE")
    arn = DatasetGroupProvider().create(inputs).id
    (found,) = cloud.all()
    theirs = {"aws:servicecatalog:applicationName": "shop"}
    found.outputs["tags"] |= theirs
    cloud.put(found, [arn], [])
    assert refreshed(DatasetGroupProvider, arn, inputs) == {**inputs, "arn": arn}
    DatasetGroupProvider().update(arn, inputs, {**inputs, "tags": {OWNER: OURS}})
    (found,) = cloud.all()
    assert found.outputs["tags"] == {OWNER: OURS, **theirs}


def test_whose_a_schema_is_stands_in_its_text() -> None:
    text = owned(owned(json.dumps({"type": "record", "doc": "Views."}), "a/b/Schema/c d"), "a/b/Schema/e f")
    assert json.loads(text) == {"type": "record", "doc": f"Views. {OWNER}=a/b/Schema/e f"}
    assert owner_of(text) == "a/b/Schema/e f"
    assert owner_of(avro(*COLUMNS)) == owner_of("no JSON") == ""
    with pytest.raises(ValueError, match="must be JSON text of an Avro record"):
        owned("[]", OURS)


def test_a_schema_of_another_owner_is_not_made_anew() -> None:
    """The engine knows it by its state: a renamed resource with an alias keeps the one that datasets use."""
    named = {**PLACE, "name": "shop", "domain": "ECOMMERCE"}
    olds, news = ({**named, "schema": owned_avro(*COLUMNS, owner=owner)} for owner in ("a", "b"))
    assert not SchemaProvider().diff("id", olds, news).changes
    assert SchemaProvider().diff("id", olds, {**news, "schema": avro(*COLUMNS, "PRICE")}).replaces == ["schema"]


def test_what_a_kind_does_not_name_is_not_called() -> None:
    """So the deployer has a right to every call that is made."""
    client = Calls(DatasetGroupProvider.KIND, calls.Place("123456789012", "eu-west-1"))
    with pytest.raises(ValueError, match=r"ListRecipes is none of the calls of personalize dataset group"):
        client.call("ListRecipes")
