"""Recorder for component tests: what a component asks the engine to register, with outputs of AWS's form."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc, run_in_stack, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import set_root_resource

PROJECT, STACK = "web-store", "test"
ACCOUNT_ID = "111111111111"


@dataclass(frozen=True)
class Registered:
    """One resource as it reached the engine; numbers are floats and keys camelCase, as policies see them."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str = ""
    """URN of the parent."""
    secret_inputs: frozenset[str] = frozenset()
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    update_timeout: str = ""
    delete_before_replace: bool = False
    secret_outputs: tuple[str, ...] = ()
    """Outputs that the program, or pulumi-aws for it, asks to be kept secret."""
    replace_on_changes: tuple[str, ...] = ()

    def statements(self, key: str = "policy") -> dict[str, dict[str, Any]]:
        """Statements of a policy document by their ids."""
        return {statement["Sid"]: statement for statement in json.loads(self.inputs[key])["Statement"]}


class Recorder(Mocks):
    """Keeps every registration, and answers as AWS would."""

    def __init__(self) -> None:
        self.resources: list[Registered] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = {key: _clear(value) for key, value in args.inputs.items()}
        if args.typ == "awsx:ec2:Vpc":
            return "", _vpc_outputs(args.name, inputs)
        if not args.custom:
            return "", inputs
        return f"{args.name}-id", {**_computed(args.typ, args.name, inputs), **inputs}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == "aws:ec2/getManagedPrefixList:getManagedPrefixList":
            return {**args.args, "id": "pl-4fa04526"}
        raise AssertionError(f"unexpected invoke {args.token}")

    def of(self, type_: str) -> list[Registered]:
        """Resources whose token ends with `type_`, such as `s3/bucket:Bucket` or `:Bucket`."""
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str, name: str | None = None) -> Registered:
        """The only resource of a type, or the one of this name."""
        found = [resource for resource in self.of(type_) if name is None or resource.name == name]
        assert len(found) == 1, f"{type_} {name or ''}: {[resource.name for resource in self.of(type_)]}"
        return found[0]

    def inputs(self, type_: str, name: str | None = None) -> dict[str, Any]:
        """Inputs of `one`."""
        return self.one(type_, name).inputs

    def names(self, type_: str) -> set[str]:
        return {resource.name for resource in self.of(type_)}


class _Monitor(MockMonitor):
    """Keeps, beside the inputs, the options that a registration came with."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:
        if request.type == "awsx:ec2:Vpc":
            # Its children are made by the plugin; the SDK asks for the state of those that an output refers to.
            for reference in _references(_vpc_outputs(request.name, rpc.deserialize_properties(request.object))):
                state = {"id": reference["id"]}
                self.resources[reference["urn"]] = self.ResourceRegistration(reference["urn"], reference["id"], state)
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            self._recorder.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs={key: _clear(value) for key, value in inputs.items()},
                    parent=request.parent,
                    secret_inputs=frozenset(key for key, value in inputs.items() if _holds_secret(value)),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    ignore_changes=tuple(request.ignoreChanges),
                    update_timeout=request.customTimeouts.update,
                    delete_before_replace=request.deleteBeforeReplace,
                    secret_outputs=tuple(request.additionalSecretOutputs),
                    replace_on_changes=tuple(request.replaceOnChanges),
                )
            )
        return answer


def record(program: Callable[[], object], *, stack: str = STACK) -> Recorder:
    """Run `program` against the recorder until every registration is through; its errors are raised here."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    # With preview=True a wrong assertion inside `apply` would pass unseen.
    set_mocks(recorder, project=PROJECT, stack=stack, preview=False, monitor=_Monitor(recorder))
    # The stack of the mocks has ended already, and the program may call `pulumi.run`.
    set_root_resource(None)

    def run() -> None:
        program()

    loop.run_until_complete(run_in_stack(run))
    return recorder


def _computed(type_: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs that AWS decides; enough for the components to go on with."""
    region = inputs.get("region", "eu-west-1")
    outputs: dict[str, Any] = {"arn": f"arn:aws:mock:{region}:{ACCOUNT_ID}:{name}", "name": name}
    match type_:
        case "aws:s3/bucket:Bucket":
            return {
                "bucket": name,
                "arn": f"arn:aws:s3:::{name}",
                "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            }
        case "aws:acm/certificate:Certificate":
            domains = [inputs["domainName"], *inputs.get("subjectAlternativeNames", [])]
            outputs["domainValidationOptions"] = [
                {
                    "domainName": domain,
                    "resourceRecordName": f"_token.{domain}.",
                    "resourceRecordType": "CNAME",
                    "resourceRecordValue": f"_answer.{domain}.acm-validations.aws.",
                }
                for domain in domains
            ]
        case "aws:route53/record:Record":
            outputs["fqdn"] = inputs["name"].rstrip(".")
        case "aws:route53/zone:Zone":
            outputs |= {"zoneId": "Z0123456789ABCDEFGHIJ", "nameServers": ["ns-1.awsdns-01.org"]}
        case "aws:route53/keySigningKey:KeySigningKey":
            outputs["dsRecord"] = "1 13 2 AB"
        case "aws:dynamodb/table:Table":
            outputs["arn"] = f"arn:aws:dynamodb:{region}:{ACCOUNT_ID}:table/{name}"
            if inputs.get("streamEnabled"):
                outputs["streamArn"] = f"{outputs['arn']}/stream/2026-01-01T00:00:00.000"
        case "aws:sqs/queue:Queue":
            outputs["url"] = f"https://sqs.{region}.amazonaws.com/{ACCOUNT_ID}/{name}"
        case "aws:dax/cluster:Cluster":
            outputs["clusterAddress"] = f"{name}.abc123.dax-clusters.{region}.amazonaws.com"
        case "aws:elasticache/replicationGroup:ReplicationGroup":
            outputs["configurationEndpointAddress"] = f"clustercfg.{name}.abcdef.euw1.cache.amazonaws.com"
        case "aws:elasticache/serverlessCache:ServerlessCache":
            outputs["endpoints"] = [{"address": f"{name}.serverless.euw1.cache.amazonaws.com", "port": 6379}]
        case "aws:lb/loadBalancer:LoadBalancer":
            outputs |= {
                "arnSuffix": f"app/{name}/50dc6c495c0c9188",
                "dnsName": f"internal-{name}.{region}.elb.amazonaws.com",
                "zoneId": "Z32O12XQLNTSW2",
            }
        case "aws:lb/targetGroup:TargetGroup":
            outputs["arnSuffix"] = f"targetgroup/{name}/73e2d6bc24d8a067"
        case "aws:msk/cluster:Cluster" | "aws:msk/serverlessCluster:ServerlessCluster":
            outputs |= {
                "arn": f"arn:aws:kafka:{region}:{ACCOUNT_ID}:cluster/{name}/abcd1234-0123-abcd-5678-1234abcd5678-1",
                "clusterName": name,
                "bootstrapBrokersSaslIam": f"b-1.{name}.abc123.c2.kafka.{region}.amazonaws.com:9098",
            }
        case "aws:msk/configuration:Configuration":
            outputs["latestRevision"] = 1
        case "aws:kinesis/stream:Stream":
            outputs["arn"] = f"arn:aws:kinesis:{region}:{ACCOUNT_ID}:stream/{name}"
        case "aws:lambda/eventSourceMapping:EventSourceMapping":
            outputs["uuid"] = f"{name}-uuid"
        case "aws:cloudformation/stack:Stack":
            outputs["outputs"] = dict.fromkeys(json.loads(inputs["templateBody"])["Outputs"], outputs["arn"])
        case "aws:networkfirewall/firewall:Firewall":
            outputs["firewallStatuses"] = [
                {"syncStates": [_sync_state(mapping) for mapping in inputs["subnetMappings"]]}
            ]
        case "aws:kms/key:Key":
            outputs["keyId"] = f"{name}-key"
        case "aws:cognito/userPool:UserPool":
            outputs["endpoint"] = f"cognito-idp.{region}.amazonaws.com/{name}-id"
        case "aws:cognito/userPoolClient:UserPoolClient":
            outputs["clientSecret"] = f"secret of {name}" if inputs["generateSecret"] else ""
        case "aws:cognito/userPoolDomain:UserPoolDomain":
            outputs |= {
                "cloudfrontDistribution": "d222222abcdef8.cloudfront.net",
                "cloudfrontDistributionZoneId": "Z2FDTNDATAQYW2",
            }
        case "aws:apigateway/restApi:RestApi":
            outputs |= {
                "rootResourceId": f"{name}-root",
                "executionArn": f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{name}-id",
            }
        case "aws:apigateway/apiKey:ApiKey":
            outputs["value"] = f"value of {name}"
        case "aws:apigateway/domainName:DomainName":
            outputs |= {
                "regionalDomainName": f"d-abc123.execute-api.{region}.amazonaws.com",
                "regionalZoneId": "ZLY8HYME6SFDD",
            }
        case "aws:cloudfront/distribution:Distribution":
            outputs |= {
                "arn": f"arn:aws:cloudfront::{ACCOUNT_ID}:distribution/E0123456789ABC",
                "domainName": "d111111abcdef8.cloudfront.net",
                "hostedZoneId": "Z2FDTNDATAQYW2",
            }
    return outputs


def _sync_state(mapping: dict[str, Any]) -> dict[str, Any]:
    """How AWS tells of a firewall's endpoint in a subnet of `_vpc_outputs`."""
    subnet_id = mapping["subnetId"]
    zone = subnet_id.removeprefix("subnet-firewall-")
    return {"availabilityZone": zone, "attachments": [{"endpointId": f"vpce-{zone}", "subnetId": subnet_id}]}


def _vpc_outputs(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs of `awsx:ec2:Vpc` that our program reads, zone by zone as the plugin orders and names them."""
    zones = inputs["availabilityZoneNames"]
    layers = [spec["name"] for spec in inputs["subnetSpecs"]]
    gateways = {"OnePerAz": len(zones), "Single": 1, "None": 0}[inputs["natGateways"]["strategy"]]

    def of_each_subnet(type_: str, prefix: str) -> list[dict[str, str]]:
        return [
            _reference(type_, f"{name}-{layer}-{number}", f"{prefix}-{layer}-{zone}")
            for number, zone in enumerate(zones, 1)
            for layer in layers
        ]

    return {
        "vpcId": "vpc-1",
        "publicSubnetIds": [f"subnet-public-{zone}" for zone in zones],
        "privateSubnetIds": [f"subnet-app-{zone}" for zone in zones],
        "subnets": of_each_subnet("aws:ec2/subnet:Subnet", "subnet"),
        "routeTables": of_each_subnet("aws:ec2/routeTable:RouteTable", "rtb"),
        "natGateways": [
            _reference("aws:ec2/natGateway:NatGateway", f"{name}-{number}", f"nat-{zone}")
            for number, zone in enumerate(zones[:gateways], 1)
        ],
    }


def _reference(type_: str, name: str, id_: str) -> dict[str, str]:
    urn = f"urn:pulumi:{STACK}::{PROJECT}::{type_}::{name}"
    return {rpc._special_sig_key: rpc._special_resource_sig, "urn": urn, "id": id_}


def _references(outputs: dict[str, Any]) -> list[dict[str, str]]:
    return [item for value in outputs.values() for item in value if isinstance(item, dict)]


def _clear(value: Any) -> Any:
    """The value without its mark of secrecy."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _clear(value["value"])
        return {key: _clear(item) for key, item in value.items()}
    return [_clear(item) for item in value] if isinstance(value, list) else value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get(rpc._special_sig_key) == rpc._special_secret_sig or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
