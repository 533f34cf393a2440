"""What a component does with arguments and options that no recorded case has."""

import asyncio
from itertools import combinations
from typing import Any

import grpc.aio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import alias_pb2, provider_pb2

from offline.awsx.layout import LayoutError, network
from offline.wire import OUTPUT, SECRET, SIGNATURE, UNKNOWN_TEXT
from tests.offline.awsx.recorder import IPV6_BLOCK, TYPES, Recorder, key_of, plain

ZONES = ["us-east-1a", "us-east-1b"]
BASE = {"availabilityZoneNames": ZONES, "subnetStrategy": "Auto"}
EIP = "urn:pulumi:dev::test::aws:ec2/eip:Eip::fixed"
POOL = BASE | {"ipv4IpamPoolId": "ipam-pool-1", "ipv4NetmaskLength": 16}


def output(value: Any = None, *, dependencies: tuple[str, ...] = (), secret: bool = False) -> dict[str, Any]:
    """An output value on the wire; without a value it is unknown."""
    known = {} if value is None else {"value": value}
    return {SIGNATURE: OUTPUT, "secret": secret, "dependencies": list(dependencies)} | known


def construct(inputs: dict[str, Any], *, preview: bool = False, **options: Any) -> tuple[Recorder, Any]:
    recorder = Recorder(preview=preview)
    return recorder, asyncio.run(recorder.construct(inputs, **options))


def inputs_of(recorder: Recorder, key: str) -> dict[str, Any]:
    return plain(recorder.children[key].object)


@pytest.mark.parametrize(
    ("argument", "place"),
    [
        ({"cidrBlock": UNKNOWN_TEXT}, "cidrBlock"),
        ({"availabilityZoneNames": [UNKNOWN_TEXT]}, "availabilityZoneNames"),
        ({"natGateways": output()}, "natGateways"),
        ({"natGateways": {"strategy": UNKNOWN_TEXT}}, "natGateways.strategy"),
        ({"subnetSpecs": UNKNOWN_TEXT}, "subnetSpecs"),
        (
            {"subnetSpecs": [{"type": "Public"}, {"type": "Private", "cidrMask": UNKNOWN_TEXT}]},
            "subnetSpecs[1].cidrMask",
        ),
        ({"vpcEndpointSpecs": [{"serviceName": output(dependencies=(EIP,))}]}, "vpcEndpointSpecs[0].serviceName"),
    ],
)
def test_a_preview_names_the_unknown_value_that_decides_the_layout(argument: dict[str, Any], place: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        construct(BASE | argument, preview=True)
    assert str(refusal.value).startswith(f"{place}: not known before other resources exist")


def test_every_missing_or_mistyped_deciding_argument_is_named_at_once() -> None:
    broken = {"cidrBlock": 10, "subnetSpecs": [{"cidrMask": "24"}, "Public"], "vpcEndpointSpecs": [{}]}
    with pytest.raises(LayoutError) as refusal:
        construct(BASE | broken)
    assert str(refusal.value).splitlines() == [
        "cidrBlock must be of type str, but is 10",
        "subnetSpecs[0].type is missing",
        "subnetSpecs[0].cidrMask must be of type int, but is '24'",
        "subnetSpecs[1] must be of type dict, but is 'Public'",
        "vpcEndpointSpecs[0].serviceName is missing",
    ]


def test_an_unknown_region_needs_named_zones() -> None:
    recorder, _ = construct(BASE | {"region": UNKNOWN_TEXT}, preview=True)
    assert inputs_of(recorder, "InternetGateway::net")["region"] == UNKNOWN_TEXT
    with pytest.raises(LayoutError, match=r"Vpc.region must be a plain string"):
        construct({"region": UNKNOWN_TEXT}, preview=True)


def test_unknown_tags_stay_unknown_and_known_ones_carry_their_dependencies() -> None:
    recorder, _ = construct(BASE | {"tags": UNKNOWN_TEXT}, preview=True)
    assert inputs_of(recorder, "Vpc::net")["tags"] == UNKNOWN_TEXT
    recorder, _ = construct(BASE | {"tags": output({"team": "web"}, dependencies=(EIP,))})
    vpc = recorder.children["Vpc::net"]
    assert plain(vpc.object)["tags"] == {"Name": "net", "team": "web"}
    assert list(vpc.propertyDependencies["tags"].urns) == [EIP]
    assert list(vpc.dependencies) == [EIP]


def test_given_addresses_carry_their_dependencies_to_the_nat_gateway() -> None:
    nat = {"strategy": "Single", "elasticIpAllocationIds": [output("eipalloc-1", dependencies=(EIP,))]}
    recorder, _ = construct(BASE | {"natGateways": nat})
    gateway = recorder.children["NatGateway::net-1"]
    assert plain(gateway.object)["allocationId"] == "eipalloc-1"
    assert list(gateway.propertyDependencies["allocationId"].urns) == [EIP]
    assert not any(key.startswith("Eip::") for key in recorder.children)


def test_a_dependency_reported_only_for_a_whole_input_reaches_the_child() -> None:
    reported = {"instanceTenancy": provider_pb2.ConstructRequest.PropertyDependencies(urns=[EIP])}
    recorder, _ = construct(BASE | {"instanceTenancy": "default"}, inputDependencies=reported)
    assert list(recorder.children["Vpc::net"].propertyDependencies["instanceTenancy"].urns) == [EIP]


def test_a_secret_stays_a_secret() -> None:
    secret = {SIGNATURE: SECRET, "value": "top"}
    recorder, _ = construct(BASE | {"tags": {"token": secret}})
    assert inputs_of(recorder, "Vpc::net")["tags"]["token"] == secret
    assert inputs_of(recorder, "Subnet::net-public-1")["tags"]["token"] == secret
    recorder, _ = construct(BASE | {"tags": {SIGNATURE: SECRET, "value": {"token": "top"}}})
    tags = inputs_of(recorder, "Subnet::net-public-1")["tags"]
    assert tags[SIGNATURE] == SECRET
    assert tags["value"]["token"] == "top"


def test_a_secret_output_of_another_resource_stays_a_secret() -> None:
    recorder, _ = construct(BASE | {"tags": {"token": output("top", secret=True, dependencies=(EIP,))}})
    assert inputs_of(recorder, "Vpc::net")["tags"]["token"] == {SIGNATURE: SECRET, "value": "top"}


def test_the_tags_of_a_spec_win_over_those_of_the_component_but_not_over_the_identity() -> None:
    tags = {"team": "web", "Name": "mine"}
    specs = [{"type": "Public", "tags": {"team": "edge", "SubnetType": "mine"}}, {"type": "Private"}]
    endpoint = {"serviceName": "s3", "tags": {"team": "data"}}
    recorder, _ = construct(BASE | {"tags": tags, "subnetSpecs": specs, "vpcEndpointSpecs": [endpoint]})
    identity = {"Name": "net-public-1", "SubnetType": "Public"}
    assert inputs_of(recorder, "Subnet::net-public-1")["tags"] == {"team": "edge"} | identity
    assert inputs_of(recorder, "RouteTable::net-public-1")["tags"] == {"team": "web"} | identity
    assert inputs_of(recorder, "VpcEndpoint::s3")["tags"] == {"team": "data", "Name": "mine"}


def test_an_endpoint_may_lie_in_another_region_than_the_vpc() -> None:
    endpoints = [{"serviceName": "s3", "region": "us-east-1"}, {"serviceName": "dynamodb"}]
    recorder, _ = construct(BASE | {"region": "us-west-2", "vpcEndpointSpecs": endpoints})
    assert inputs_of(recorder, "VpcEndpoint::s3")["region"] == "us-east-1"
    assert inputs_of(recorder, "VpcEndpoint::dynamodb")["region"] == "us-west-2"


def test_children_that_do_not_need_each_other_are_registered_at_the_same_time() -> None:
    class Patient(Recorder):
        """Answers for no subnet before all four are asked for."""

        def __init__(self) -> None:
            super().__init__()
            self.all_subnets = asyncio.Barrier(4)

        async def RegisterResource(self, request: Any) -> Any:
            if request.type == TYPES["Subnet"]:
                await self.all_subnets.wait()
            return await super().RegisterResource(request)

    async def build() -> int:
        recorder = Patient()
        async with asyncio.timeout(10):
            await recorder.construct(BASE)
        return sum(key.startswith("Subnet::") for key in recorder.children)

    assert asyncio.run(build()) == 4


def test_a_block_from_an_address_pool_is_laid_out_once_aws_has_allocated_it() -> None:
    recorder, response = construct(POOL)
    assert "cidrBlock" not in inputs_of(recorder, "Vpc::net")
    subnet = recorder.children["Subnet::net-private-2"]
    assert plain(subnet.object)["cidrBlock"] == "10.9.128.0/18"
    assert [key_of(urn) for urn in subnet.propertyDependencies["cidrBlock"].urns] == ["Vpc::net"]
    assert [spec["cidrMask"] for spec in plain(response.state)["subnetLayout"]] == [18, 19]


def test_a_block_from_an_address_pool_is_unknown_in_a_preview() -> None:
    recorder, response = construct(POOL, preview=True)
    assert inputs_of(recorder, "Subnet::net-private-2")["cidrBlock"] == UNKNOWN_TEXT
    assert plain(response.state)["subnetLayout"] == UNKNOWN_TEXT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cidrBlock": "10.0.0.0/16"}, "Only one of 'cidrBlock', 'ipv4NetmaskLength' is allowed."),
        ({"ipv4NetmaskLength": None}, "If 'ipv4IpamPoolId' is specified, 'ipv4NetmaskLength' or 'cidrBlock' must also"),
        ({"subnetStrategy": "Legacy"}, "Dynamically allocated cidrBlock ranges are not supported"),
    ],
)
def test_contradictory_address_sources_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        construct(POOL | change)
    assert str(refusal.value).startswith(message)


def test_a_subnet_that_hands_out_ipv6_needs_a_vpc_with_ipv6() -> None:
    specs = [{"type": "Public", "assignIpv6AddressOnCreation": True}, {"type": "Private"}]
    with pytest.raises(ExceptionGroup) as failures:
        construct(BASE | {"subnetSpecs": specs})
    assert "require the VPC to have an IPv6 CIDR block" in str(failures.value.exceptions[0])
    recorder, _ = construct(
        BASE | {"subnetSpecs": specs, "assignGeneratedIpv6CidrBlock": True, "natGateways": {"strategy": "None"}}
    )
    assert inputs_of(recorder, "Subnet::net-public-2")["ipv6CidrBlock"] == IPV6_BLOCK.replace("00::/56", "01::/64")


def test_interface_endpoints_with_ipv6_admit_the_ipv6_block_too() -> None:
    endpoint = {"serviceName": "ssm", "vpcEndpointType": "Interface", "ipAddressType": "dualstack"}
    recorder, _ = construct(
        BASE | {"assignGeneratedIpv6CidrBlock": True, "vpcEndpointStrategy": "Auto", "vpcEndpointSpecs": [endpoint]}
    )
    rule = inputs_of(recorder, "SecurityGroupRule::ssm-ingress")
    assert rule["ipv6CidrBlocks"] == [IPV6_BLOCK]
    assert rule["cidrBlocks"] == ["10.0.0.0/16"]


@pytest.mark.parametrize("switch", ["enableDnsHostnames", "enableDnsSupport"])
def test_private_dns_cannot_do_without_dns(switch: str) -> None:
    specs = [{"serviceName": "ssm", "vpcEndpointType": "Interface"}]
    with pytest.raises(LayoutError, match=f'"Auto" requires {switch} to be true'):
        construct(BASE | {"vpcEndpointStrategy": "Auto", "vpcEndpointSpecs": specs, switch: False})


def test_an_endpoint_type_may_stay_unknown_only_under_the_legacy_strategy() -> None:
    specs = {"vpcEndpointSpecs": [{"serviceName": "ssm", "vpcEndpointType": UNKNOWN_TEXT}]}
    recorder, _ = construct(BASE | specs, preview=True)
    assert inputs_of(recorder, "VpcEndpoint::ssm")["vpcEndpointType"] == UNKNOWN_TEXT
    with pytest.raises(LayoutError, match='requires vpcEndpointType for endpoint "ssm"'):
        construct(BASE | specs | {"vpcEndpointStrategy": "Auto"}, preview=True)


def test_zone_names_of_two_regions_cannot_name_subnets() -> None:
    clash = {"availabilityZoneNames": ["us-east-1a", "us-west-1a"], "subnetNameTagStrategy": "AvailabilityZone"}
    with pytest.raises(LayoutError, match='"us-east-1a" and "us-west-1a" both reduce to "1a"'):
        construct(BASE | clash)


def test_options_of_the_component_reach_it_and_protection_reaches_its_children() -> None:
    recorder, _ = construct(
        BASE,
        parent="urn:pulumi:dev::test::webstore:index:Store::store",
        protect=True,
        dependencies=[EIP],
        aliases=[alias_pb2.Alias(urn="urn:pulumi:dev::test::awsx:ec2:Vpc::old")],
        customTimeouts=provider_pb2.ConstructRequest.CustomTimeouts(create="5m"),
        resource_hooks=provider_pb2.ConstructRequest.ResourceHooksBinding(after_create=["tell"]),
    )
    component, *children = recorder.requests
    assert component.parent.endswith("::store")
    assert list(component.dependencies) == [EIP]
    assert [alias.urn for alias in component.aliases] == ["urn:pulumi:dev::test::awsx:ec2:Vpc::old"]
    assert component.customTimeouts.create == "5m"
    assert list(component.hooks.after_create) == ["tell"]
    assert not component.object.fields
    assert component.protect
    assert all(child.protect for child in children)
    assert not any(child.aliases or EIP in child.dependencies for child in children)


MASKS = st.one_of(st.none(), st.integers(-1, 40))
BLOCKS = st.sampled_from(
    ["10.0.0.0/16", "10.0.0.0/24", "10.0.128.0/17", "10.0.0.0/32", "0.0.0.0/0", "x", "255.0.0.0/8"]
)
SPECS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Public", "Private", "Isolated", "Unused", "isolated", "Dmz"])},
    optional={
        "name": st.sampled_from(["a", "b", ""]),
        "cidrMask": MASKS,
        "size": st.sampled_from([16, 256, 100]),
        "cidrBlocks": st.lists(BLOCKS, max_size=2),
    },
)
ARGUMENTS = st.fixed_dictionaries(
    {"availabilityZoneNames": st.lists(st.sampled_from(ZONES), unique=True)},
    optional={
        "cidrBlock": BLOCKS,
        "availabilityZoneCidrMask": MASKS,
        "subnetStrategy": st.sampled_from(["Legacy", "Auto", "AutoMerge", "Exact", "Other"]),
        "subnetSpecs": st.lists(SPECS, max_size=3),
        "natGateways": st.fixed_dictionaries({"strategy": st.sampled_from(["None", "Single", "OnePerAz"])}),
    },
)


@given(ARGUMENTS)
@settings(max_examples=150, deadline=None)
def test_whatever_layout_is_asked_for_it_is_refused_with_a_message_or_built_without_overlap(inputs: Any) -> None:
    built: dict[str, Any] = {}
    refusal = ""
    try:
        built = construct(inputs)[0].children
    except LayoutError as error:
        refusal = str(error)
    assert refusal or "InternetGateway::net" in built
    subnets = [plain(request.object) for key, request in built.items() if key.startswith("Subnet::")]
    networks = [network(subnet["cidrBlock"]) for subnet in subnets]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_other_components_are_refused_by_name() -> None:
    with pytest.raises(LayoutError, match=r"awsx:ecs:FargateService is not simulated: offline AWS has only ec2\.Vpc"):
        construct({}, type="awsx:ecs:FargateService")


def test_a_child_that_the_engine_refuses_fails_the_component() -> None:
    recorder = Recorder()
    recorder.refuse = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "resource monitor shut down"
    )
    with pytest.raises(ExceptionGroup) as failures:
        asyncio.run(recorder.construct(BASE))
    assert failures.value.subgroup(grpc.aio.AioRpcError)
    assert not recorder.outputs_registered
