"""Images: repositories of the account, the cache of public images, and who pulls first."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.blocks.sources import source_hash
from components.images import Images
from offline.awsx.image import IMAGE
from settings.endpoints import ROOT
from settings.images import (
    OWN_CODE,
    PUBLIC_REGISTRY,
    ImagesSettings,
    UsedImages,
    as_own,
    in_ecr,
    registry_of,
    repository_of,
)
from settings.service import ServiceSettings
from tests.foundation import foundation, key_arn
from tests.mocks import Recorder, record
from tests.program_under_mocks import PROJECT, Config, store

REGISTRY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
COLLECTOR = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
USED = {"store/orders:1.4.0": False, "store/payments:1.0.0": True, COLLECTOR: False, "quay.io/a/b:1": False}
REPOSITORY, RULE = "ecr/repository:Repository", "ecr/pullThroughCacheRule:PullThroughCacheRule"


def made(
    protect: bool = False,
    used: dict[str, bool] | None = None,
    built: Collection[str] = (),
    proven: Mapping[str, str] | None = None,
    functions: Collection[str] = (),
    **settings: Any,
) -> tuple[Recorder, Images]:
    boxes: list[Images] = []

    def build() -> None:
        chosen = ImagesSettings(**settings)
        boxes.append(
            Images(
                "images",
                settings=chosen,
                used=UsedImages(
                    payment_only=USED if used is None else used,
                    built=built,
                    proven=[source.partition("/")[2] for source in proven or {}],
                    functions=functions,
                ),
                proven=proven or {},
                foundation=foundation(protect=protect),
            )
        )

    return record(build), boxes[0]


@pytest.mark.parametrize(
    ("image", "registry", "repository", "own"),
    [
        ("store/orders:1.4.0", "", "store/orders", "store/orders:1.4.0"),
        ("team/store/orders@sha256:" + "a" * 64, "", "team/store/orders", "team/store/orders@sha256:" + "a" * 64),
        (COLLECTOR, "public.ecr.aws", "aws-observability/aws-otel-collector", COLLECTOR.partition("/")[2]),
        (f"{REGISTRY}/store/ui:1", REGISTRY, "store/ui", "store/ui:1"),
        ("localhost:5000/a/b:1@sha256:" + "b" * 64, "localhost:5000", "a/b", "a/b:1@sha256:" + "b" * 64),
    ],
)
def test_a_registry_has_a_dot_or_a_port(image: str, registry: str, repository: str, own: str) -> None:
    assert (registry_of(image), repository_of(image), as_own(image)) == (registry, repository, own)
    assert in_ecr(image) is (registry in ("", REGISTRY))


def test_repositories_are_keyed_scanned_immutable_and_have_an_end() -> None:
    recorder, box = made(keep_images=9)
    repositories = {found.inputs["name"]: found.inputs for found in recorder.of(REPOSITORY)}
    cached = "store-public-test/aws-observability/aws-otel-collector"
    assert repositories.keys() == {"store/orders", "store/payments", cached}
    for name, repository in repositories.items():
        assert repository["imageTagMutability"] == "IMMUTABLE"
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        key = key_arn("payment" if name == "store/payments" else "customer")
        assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": key}]
    policies = {found.inputs["repository"]: found.inputs["policy"] for found in recorder.of(":LifecyclePolicy")}
    assert policies.keys() == repositories.keys()
    rules = {
        rule["selection"]["tagStatus"]: rule["selection"] for rule in json.loads(policies["store/orders"])["rules"]
    }
    assert (rules["untagged"]["countUnit"], rules["untagged"]["countNumber"]) == ("days", 14)
    assert (rules["any"]["countType"], rules["any"]["countNumber"]) == ("imageCountMoreThan", 9)
    assert box.repository_names == ["store/orders", "store/payments"]
    assert box.registry == REGISTRY


def test_one_rule_fills_the_repositories_of_public_images() -> None:
    rule = made()[0].inputs(RULE)
    assert rule == {"ecrRepositoryPrefix": "store-public-test", "upstreamRegistryUrl": "public.ecr.aws"}
    assert not made(used={"store/orders:1.4.0": False})[0].of(RULE)
    recorder, box = made(public_cache=False)
    assert not recorder.of(RULE)
    assert box.of_task(COLLECTOR, "ARM64", None).service == COLLECTOR


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ("store/orders:1.4.0", f"{REGISTRY}/store/orders:1.4.0"),
        (COLLECTOR, f"{REGISTRY}/store-public-test/aws-observability/aws-otel-collector:v0.43.3"),
        ("quay.io/a/b:1", "quay.io/a/b:1"),
        ("999999999999.dkr.ecr.eu-west-1.amazonaws.com/a/b:1", "999999999999.dkr.ecr.eu-west-1.amazonaws.com/a/b:1"),
    ],
)
def test_a_task_names_the_registry_that_it_pulls_from(image: str, pulled: str) -> None:
    assert made()[1].of_task(image, "ARM64", None).service == pulled


def test_a_task_waits_for_its_repositories_and_fills_the_cached_ones() -> None:
    _, box = made()
    both = box.of_task("store/orders:1.4.0", "ARM64", COLLECTOR)
    assert len(both.sources) == 3, "its repository, the cached one and the rule"
    assert both.cached_repository_arns == [
        "arn:aws:ecr:eu-west-1:111111111111:repository/store-public-test/aws-observability/aws-otel-collector"
    ]
    elsewhere = box.of_task("quay.io/a/b:1", "ARM64", None)
    assert (elsewhere.sources, elsewhere.cached_repository_arns, elsewhere.pulled) == ([], [], ["quay.io/a/b:1"])


def test_functions_pull_from_the_repositories_of_their_images_alone() -> None:
    recorder, box = made(used={OWN_CODE: False, "store/orders:1.4.0": False}, built={"ARM64"}, functions={OWN_CODE})
    policy = recorder.one("ecr/repositoryPolicy:RepositoryPolicy")
    assert policy.inputs["repository"] == "store/services"
    (statement,) = policy.statements().values()
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": ["arn:aws:lambda:eu-west-1:111111111111:function:*"]}
    }
    image = box.of_function(OWN_CODE, "ARM64")
    assert (image.entry_point, image.command) == (("python", "-m", "awslambdaric"), ("services.function.handler",))
    assert len(image.sources) == 2, "the repository and its policy"
    given = made()[1].of_function("store/orders:1.4.0", "ARM64")
    assert (given.uri, given.entry_point, given.command) == (f"{REGISTRY}/store/orders:1.4.0", None, None)


def test_the_store_s_own_code_is_built_once_for_each_processor_and_named_by_its_digest() -> None:
    recorder, box = made(used={OWN_CODE: False}, built={"ARM64", "X86_64"})
    assert recorder.one(REPOSITORY).inputs["name"] == "store/services"
    built = {found.inputs["platforms"][0]: found for found in recorder.made_by_awsx if found.type == IMAGE}
    assert built.keys() == {"linux/arm64", "linux/amd64"}
    for platform, processor in (("linux/arm64", "arm64"), ("linux/amd64", "amd64")):
        inputs = built[platform].inputs
        assert inputs["tags"] == [f"{REGISTRY}/store/services:{processor}-test-{source_hash()}"]
        assert (inputs["push"], inputs["dockerfile"]["location"]) == (True, "services/Dockerfile")
    repository = recorder.one(REPOSITORY)
    assert all(repository.urn in found.dependencies for found in recorder.of("awsx:ecr:Image")), "made before"
    task = box.of_task(OWN_CODE, "X86_64", None)
    assert task.pulled == [f"{REGISTRY}/store/services:built-from-source"]
    assert recorder.of("awsx:ecr:Image")[0].outputs["imageUri"].startswith(f"{REGISTRY}/store/services@sha256:")


PROVEN = "222222222222.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:" + "ab" * 32


def test_what_another_environment_proved_is_neither_built_nor_kept_here() -> None:
    recorder, box = made(used={OWN_CODE: False}, proven={"services/ARM64": PROVEN})
    assert recorder.resources == [one for one in recorder.resources if one.type == Images.TYPE], "nothing but the box"
    task = box.of_task(OWN_CODE, "ARM64", None)
    assert (task.service, task.pulled, task.sources) == (PROVEN, [PROVEN], [])
    assert box.source_uris == {"services/ARM64": PROVEN}, "a third environment takes the same"
    assert box.proven_repository_arns == ["arn:aws:ecr:eu-west-1:222222222222:repository/store/services"]
    assert box.repository_names == []


def test_what_is_not_proved_for_a_processor_is_built() -> None:
    recorder, box = made(used={OWN_CODE: False}, built={"X86_64"}, proven={"services/ARM64": PROVEN})
    (built,) = (one for one in recorder.made_by_awsx if one.type == IMAGE)
    assert built.inputs["platforms"] == ["linux/amd64"]
    assert box.of_task(OWN_CODE, "ARM64", None).service == PROVEN
    assert box.of_task(OWN_CODE, "X86_64", None).pulled == [f"{REGISTRY}/store/services:built-from-source"]
    assert sorted(box.source_uris) == ["services/ARM64", "services/X86_64"]
    assert box.repository_names == ["store/services"]


def test_readers_pull_from_own_repositories_and_do_nothing_else() -> None:
    recorder, _ = made(readers=("222222222222", "333333333333"), keep_days=90)
    policies = {one.inputs["repository"]: json.loads(one.inputs["policy"]) for one in recorder.of(":RepositoryPolicy")}
    assert policies.keys() == {"store/orders", "store/payments"}, "the cache serves this account alone"
    people, functions = policies["store/orders"]["Statement"]
    assert people == {
        "Sid": "ReadersPull",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root"]},
        "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    assert (functions["Sid"], functions["Condition"]) == (
        "FunctionsPull",
        {
            "ArnLike": {
                "aws:SourceArn": [
                    "arn:aws:lambda:eu-west-1:222222222222:function:*",
                    "arn:aws:lambda:eu-west-1:333333333333:function:*",
                ]
            }
        },
    )
    assert not made()[0].of(":RepositoryPolicy")


def test_a_repository_has_one_policy_for_functions_here_and_readers_elsewhere() -> None:
    recorder, _ = made(used={OWN_CODE: False}, built={"ARM64"}, functions={OWN_CODE}, readers=("222222222222",))
    policy = recorder.one("ecr/repositoryPolicy:RepositoryPolicy").statements()
    assert policy.keys() == {"ReadersPull", "FunctionsPull"}
    assert policy["FunctionsPull"]["Condition"]["ArnLike"]["aws:SourceArn"] == [
        f"arn:aws:lambda:eu-west-1:{account}:function:*" for account in ("111111111111", "222222222222")
    ]


def test_images_that_others_run_stay_for_days_and_not_by_number() -> None:
    recorder, _ = made(readers=("222222222222",), keep_days=90, keep_images=3)
    kept = {
        one.inputs["repository"]: json.loads(one.inputs["policy"])["rules"][-1]["selection"]
        for one in recorder.of(":LifecyclePolicy")
    }
    assert kept["store/orders"] == {
        "tagStatus": "any",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 90,
    }
    cached = next(name for name in kept if name.startswith("store-public-"))
    assert kept[cached]["countType"] == "imageCountMoreThan"


def test_without_own_code_nothing_is_built() -> None:
    recorder, _ = made()
    assert not recorder.of("awsx:ecr:Image")
    assert not recorder.of("pulumi:providers:docker-build")


def test_a_repository_of_another_stack_takes_the_image_of_this_one() -> None:
    recorder, _ = made(used={OWN_CODE: False}, built={"ARM64"}, repositories="given")
    assert not recorder.of(REPOSITORY)
    assert len(recorder.of("awsx:ecr:Image")) == 1


def test_the_tag_is_of_names_modes_and_contents_of_the_sources(tmp_path: Path) -> None:
    files = {"functions/__init__.py": "", "functions/common/names.py": "a", "services/Dockerfile": "FROM scratch"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    first = source_hash(tmp_path)
    cached = tmp_path / "services" / "__pycache__" / "x.pyc"
    cached.parent.mkdir()
    cached.write_text("")
    assert source_hash(tmp_path) == first
    (tmp_path / "services" / "Dockerfile").chmod(0o755)
    changed = source_hash(tmp_path)
    (tmp_path / "functions" / "common" / "names.py").write_text("b")
    assert len({first, changed, source_hash(tmp_path)}) == 3


def test_the_dockerfile_pins_its_bases_runs_as_nobody_special_and_emulates_nothing() -> None:
    lines = (PROJECT / "services" / "Dockerfile").read_text().splitlines()
    bases = [line for line in lines if line.startswith("FROM ")]
    assert all(re.search(r"@sha256:[0-9a-f]{64}( AS \w+)?$", line) for line in bases), bases
    last = lines[lines.index(bases[-1]) :]
    assert f"USER {ServiceSettings().user}:{ServiceSettings().user}" in last
    assert f"EXPOSE {ServiceSettings().port}" in last
    assert not [line for line in last if line.startswith("RUN")], "nothing of the target's processor runs"
    assert "--require-hashes" in "".join(lines)


def test_repositories_of_another_stack_are_used_and_left_alone() -> None:
    recorder, box = made(repositories="given")
    assert {found.inputs["name"].partition("/")[0] for found in recorder.of(REPOSITORY)} == {"store-public-test"}
    assert box.of_task("store/orders:1.4.0", "ARM64", None).service == f"{REGISTRY}/store/orders:1.4.0"


@pytest.mark.parametrize("protect", [True, False])
def test_protected_repositories_outlive_their_place_in_the_program(protect: bool) -> None:
    found = made(protect)[0].of(REPOSITORY)
    assert {(item.retain_on_delete, item.inputs["forceDelete"]) for item in found} == {(protect, not protect)}
    protected = {item.inputs["name"] for item in found if item.protect}
    assert protected == ({"store/orders", "store/payments"} if protect else set()), "the cache fills its own again"


def test_repositories_of_similar_names_are_made_side_by_side() -> None:
    used = dict.fromkeys(("a/b-c:1", "a-b/c:1", "a/b.c:1", "a/b_c:1", "a/b-c:2", f"{PUBLIC_REGISTRY}/a/b-c:1"), False)
    recorder = made(used=used)[0]
    assert len({item.name for item in recorder.of(REPOSITORY)}) == len(recorder.of(REPOSITORY)) == 5


def test_the_page_has_the_defaults_of_the_settings() -> None:
    page = (PROJECT / "docs" / "images.md").read_text()
    defaults = {name: field.default for name, field in ServiceSettings.model_fields.items()}
    for words in (
        "runs on {architecture} |",
        "user {user},",
        "({temporary_mib} MiB,",
        "port {port}, {protocol} |",
        "{health_check_grace_seconds} seconds after its start",
        "within {stop_timeout_seconds} seconds after SIGTERM",
        f"below `/{ROOT}/<name>`",
    ):
        assert words.format(**defaults) in page


def test_payment_services_wait_for_one_that_has_pulled_the_collector_over_the_internet() -> None:
    def payments_called_first(config: Config) -> None:
        config["web-store:app_tier"]["services"]["catalogue"]["calls"] = ["payments"]

    for change in (lambda _: None, payments_called_first):
        recorder = store("prod", change)
        services = {found.name: found for found in recorder.of("ecs/service:Service")}
        fillers = {f"app-{name}" for name in ("catalogue", "customers", "inventory", "carts")}
        if change is payments_called_first:
            fillers -= {"app-catalogue"}
        waits = {urn.rpartition("::")[2] for urn in services["app-payments"].dependencies}
        assert len(waits & fillers) == 1, waits


def test_tasks_may_pull_their_own_images_and_fill_the_cache_but_make_no_repository() -> None:
    recorder = store("prod")
    for name in ("app-payments", "app-customers", "web-service"):
        statements = recorder.one(":RolePolicy", f"{name}-start").statements()
        here = "arn:aws:ecr:eu-west-1:222222222222:repository"
        collector = f"{here}/store-public-prod/aws-observability/aws-otel-collector"
        assert statements["Image"]["Resource"] == sorted([f"{here}/store/services", collector])
        assert (statements["Cache"]["Action"], statements["Cache"]["Resource"]) == (
            "ecr:BatchImportUpstreamImage",
            collector,
        )
    allowed = json.dumps([found.inputs.get("policy") for found in recorder.resources])
    assert "ecr:CreateRepository" not in allowed


def test_tasks_may_pull_the_images_that_another_environment_proved_and_no_others_of_its_account() -> None:
    def promoted(config: Config) -> None:
        config["web-store:images"] = {"pinned": {"services/ARM64": PROVEN}}
        config["web-store:environment"]["account_id"] = "111111111111"

    recorder = store("dev", promoted)
    theirs = "arn:aws:ecr:eu-west-1:222222222222:repository/store/services"
    for name in ("app-payments", "app-customers", "web-service"):
        assert theirs in recorder.one(":RolePolicy", f"{name}-start").statements()["Image"]["Resource"]
        (definition,) = (one for one in recorder.of(":TaskDefinition") if one.name == name)
        assert json.loads(definition.inputs["containerDefinitions"])[0]["image"] == PROVEN
    bounds = recorder.one("iam/policy:Policy", "app-payment").statements()["Images"]["Resource"]
    assert theirs in bounds, "the bounds of payment roles let them pull it"
    allowed = json.dumps([one.inputs.get("policy") for one in recorder.resources])
    assert set(re.findall(r"arn:aws:ecr:eu-west-1:222222222222:[\w/*-]+", allowed)) == {theirs}
    assert not recorder.of("awsx:ecr:Image")
    assert "store/services" not in {one.inputs["name"] for one in recorder.of(REPOSITORY)}
