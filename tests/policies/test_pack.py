"""The packs as processes that answer the engine over gRPC."""

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import grpc
import pulumi_policy
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import policy as sdk
from pulumi_policy import proxy

from policies import profiles
from policies.library.judge import Judge
from policies.library.pack import VERSION, Servicer, policy, selection
from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import REGISTRY
from policies.library.values import plain
from tests.policies.cases import CASES
from tests.policies.support import CULPRIT, UNKNOWN
from tests.policies.test_rules import _raw

ROOT = Path(__file__).resolve().parents[2]
PACKS = {
    "web-store": "policies",
    "web-store-waf": "policies/packs/waf",
    "web-store-encryption": "policies/packs/encryption",
    "web-store-multi-az": "policies/packs/multi_az",
    "web-store-guardrails": "policies/packs/guardrails",
}


def struct(values):
    return json_format.ParseDict(values, struct_pb2.Struct())


def message(resource):
    return proto.AnalyzerResource(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        parent=resource.parent,
        properties=struct(_raw(resource)),
        provider=proto.AnalyzerProviderResource(type="pulumi:providers:aws", properties=struct(resource.provider)),
        dependencies=resource.dependencies,
        propertyDependencies={
            key: proto.AnalyzerPropertyDependencies(urns=urns) for key, urns in resource.property_dependencies.items()
        },
    )


def analyze(servicer, program):
    """Findings of an analyzer on a program, in the engine's order of calls."""
    found = []
    for resource in program:
        request = proto.AnalyzeRequest(
            type=resource.type, urn=resource.urn, name=resource.name, properties=struct(_raw(resource))
        )
        request.provider.properties.CopyFrom(struct(resource.provider))
        for entry in servicer.Analyze(request, None).diagnostics:
            found.append((entry.policyName, resource.urn, entry.message, entry.severity))
    request = proto.AnalyzeStackRequest(resources=[message(resource) for resource in program])
    for entry in servicer.AnalyzeStack(request, None).diagnostics:
        found.append((entry.policyName, entry.urn.strip(), entry.message, entry.severity))
    return sorted(found)


@contextmanager
def running(folder):
    """The pack of a folder as a process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pulumi.policy", "127.0.0.1:1", str(ROOT / folder)],
        stdout=subprocess.PIPE,
        cwd=ROOT / folder,
        text=True,
    )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            stub = analyzer_pb2_grpc.AnalyzerStub(channel)
            info = stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=10)
            yield stub, info
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("name", "folder"), PACKS.items(), ids=list(PACKS))
def test_a_pack_answers_with_its_name_version_and_rules(name, folder):
    before = getrusage(RUSAGE_CHILDREN)
    with running(folder) as (_, info):
        assert (info.name, info.version, info.supportsConfig) == (name, VERSION, True)
        packs = [Path(folder).name] if "/" in folder else ["waf", "encryption", "multi_az", "guardrails"]
        assert {entry.name for entry in info.policies} == set(selection(*packs))
    after = getrusage(RUSAGE_CHILDREN)
    # CPU time: other tests may run in parallel.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5


def test_no_rule_is_left_out_of_the_combined_pack():
    assert set(selection("waf", "encryption", "multi_az", "guardrails")) == set(REGISTRY)


def test_the_engine_learns_everything_about_a_rule():
    with running("policies") as (_, info):
        entry = next(entry for entry in info.policies if entry.name == "ec2-vpc-tier-zones")
    assert entry.enforcementLevel == proto.MANDATORY
    assert entry.severity == proto.POLICY_SEVERITY_HIGH
    assert entry.policy_type == proto.POLICY_TYPE_STACK
    assert entry.displayName.startswith("HA-01 ")
    assert entry.configSchema.properties["zones"]["default"] == 3
    assert entry.remediation_steps
    assert entry.url.startswith("https://")
    assert "control:HA-01" in entry.tags


def test_a_running_pack_takes_levels_and_settings_and_keeps_secrets_out_of_messages():
    profile = profiles.build(yaml.safe_load(profiles.SOURCE.read_text()))["dev"]
    levels = {"mandatory": proto.MANDATORY, "advisory": proto.ADVISORY, "disabled": proto.DISABLED}
    config = {
        name: proto.PolicyConfig(
            enforcementLevel=levels[entry["enforcementLevel"]],
            properties=struct({key: value for key, value in entry.items() if key != "enforcementLevel"}),
        )
        for name, entry in profile.items()
    }
    cache = {
        "engine": "redis",
        "authToken": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"},
        "atRestEncryptionEnabled": False,
        "multiAzEnabled": False,
    }
    with running("policies") as (stub, _):
        stub.ConfigureStack(proto.AnalyzerStackConfigureRequest(stack="dev", project="store"), timeout=10)
        stub.Configure(proto.ConfigureAnalyzerRequest(policyConfig=config), timeout=10)
        answer = stub.Analyze(
            proto.AnalyzeRequest(
                type="aws:elasticache/replicationGroup:ReplicationGroup",
                urn="urn:pulumi:dev::store::aws:elasticache/replicationGroup:ReplicationGroup::cache",
                name="cache",
                properties=struct(cache),
            ),
            timeout=10,
        )
        stack = proto.AnalyzerResource(type=STACK_TYPE, urn="urn:pulumi:dev::store::pulumi:pulumi:Stack::store-dev")
        assert not stub.AnalyzeStack(proto.AnalyzeStackRequest(resources=[stack]), timeout=10).diagnostics
    names = {entry.policyName: entry for entry in answer.diagnostics}
    # The profile of development disables rules about zones.
    assert set(names) == {"elasticache-cache-encryption-at-rest", "elasticache-cache-encryption-in-transit"}
    assert "atRestEncryptionEnabled (at_rest_encryption_enabled) is false" in answer.diagnostics[0].message
    assert "hunter2" not in str(answer)


def unwrapped(value):
    """A value without the SDK's proxies, which raise on unknown values."""
    if isinstance(value, proxy._DictProxy | proxy._ListProxy):
        value = value["__target"]
    if isinstance(value, dict):
        return {name: unwrapped(item) for name, item in value.items()}
    return [unwrapped(item) for item in value] if isinstance(value, list) else value


def for_the_sdk(rule):
    """The rule as a policy for the SDK's own server, which passes resources as proxies."""

    def resource_of(args):
        return Resource(
            urn=args.urn,
            type=args.resource_type,
            name=args.name,
            load=lambda: plain(unwrapped(args.props)),
            load_provider=lambda: plain(unwrapped(args.provider.props)) if args.provider else {},
        )

    def related(args):
        found = resource_of(args)
        found.parent = args.parent.urn if args.parent else ""
        found.dependencies = tuple(item.urn for item in args.dependencies)
        found.property_dependencies = {
            key: tuple(item.urn for item in items) for key, items in args.property_dependencies.items()
        }
        return found

    def validate(args, report):
        court = Judge({rule.name: rule})
        if isinstance(args, pulumi_policy.StackValidationArgs):
            found = court.stack(map(related, args.resources))
        else:
            resource = resource_of(args)
            found = [*court.resource(resource), *(court.stack([resource]) if rule.stack_kinds else [])]
        for finding in found:
            report(finding.message, finding.urn)

    made = policy(rule)
    made.validate = validate
    return made


def test_decoding_once_finds_what_the_servers_of_the_sdk_finds():
    """One request for all programs, with distinct names: the SDK decodes it once per rule."""
    rules = selection("waf", "encryption", "multi_az", "guardrails")
    ours = Servicer("store", "Store", "Rules.", Judge(rules))
    theirs = sdk._PolicyAnalyzerServicer(
        "store", VERSION, [for_the_sdk(rule) for rule in rules.values()], pulumi_policy.EnforcementLevel.ADVISORY
    )
    compared = 0
    for cases in CASES.values():
        program = next(iter(cases.bad.values()))
        found = analyze(ours, program)
        # The engine sends our server the names of set inputs; all inputs are set here, so both servers judge the same.
        assert found == analyze(theirs, program)
        compared += len(found)
    assert compared >= len(CASES)


def test_an_unknown_input_that_the_provider_computes_is_not_taken_for_a_setting():
    court = Servicer("store", "Store", "Rules.", Judge(selection("waf")))
    balancer = {"type": "aws:lb/loadBalancer:LoadBalancer", "urn": f"urn:x::{CULPRIT}", "name": CULPRIT}
    court.Analyze(proto.AnalyzeRequest(**balancer, properties=struct({"loadBalancerType": "application"})), None)
    outputs = struct({"loadBalancerType": "application", "internal": UNKNOWN})
    request = proto.AnalyzeStackRequest(resources=[proto.AnalyzerResource(**balancer, properties=outputs)])
    assert {entry.policyName for entry in court.AnalyzeStack(request, None).diagnostics} == {"lb-load-balancer-web-acl"}


def test_an_interrupt_ends_a_pack_without_a_word():
    """The engine ends its packs by an interrupt."""
    pack = subprocess.Popen(
        [sys.executable, str(ROOT / "policies")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert pack.stdout.readline().strip().isdigit()
    pack.send_signal(signal.SIGINT)
    assert pack.communicate(timeout=10) == ("", "")


def test_a_register_that_cannot_be_read_stops_the_pack_with_one_message(tmp_path):
    for path in ("lifecycle.py", "policies/__init__.py", "policies/__main__.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text())
    for folder in ("library", "rules"):
        shutil.copytree(ROOT / "policies" / folder, tmp_path / "policies" / folder)
    (tmp_path / "policies/waivers.yaml").write_text("waivers: none\n")
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "policies")],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "policy pack web-store: waivers.yaml: must be a mapping with one key, waivers, holding a list"
    )
