"""Network: the VPC, its subnets, and their routes to AWS and the internet."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.dns_firewall import DnsFirewall, DnsFirewallArgs
from components.blocks.egress_firewall import EgressFirewall, EgressFirewallArgs
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.foundation import Foundation
from components.metric import Metric
from components.network.endpoints import gateway_endpoint, interface_endpoint
from components.network.flow_logs import flow_logs
from settings.dns_names import patterns
from settings.network import (
    ClosedEgress,
    FirewallEgress,
    LayerName,
    NetworkNeeds,
    NetworkSettings,
    OpenEgress,
    made_layers,
)

_NAT = {
    "none": awsx.ec2.NatGatewayStrategy.NONE,
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "one_per_az": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}
_KINDS: dict[LayerName, awsx.ec2.SubnetType] = {
    "public": awsx.ec2.SubnetType.PUBLIC,
    "app": awsx.ec2.SubnetType.PRIVATE,
    "data": awsx.ec2.SubnetType.ISOLATED,
    # Isolated for awsx, which does not support firewalls; the routes of both layers are made below.
    "payment": awsx.ec2.SubnetType.ISOLATED,
    "firewall": awsx.ec2.SubnetType.ISOLATED,
}
# For routes only: security groups and firewall decide which packets may be sent.
_ANYWHERE = "0.0.0.0/0"


class Network(StoreComponent):
    """VPC with public, app, data and payment subnets in every zone.

    Makes, beside the children of `awsx:ec2:Vpc`: a closed default security group, gateway endpoints for S3 and
    DynamoDB, interface endpoints as in the settings, flow logs, an alarm per NAT gateway, and routes out of payment
    subnets, through a firewall if the settings list domains. The default network ACL stays open: security groups name
    the other end of every connection.
    Billed: NAT gateways and interface endpoints, each per hour and per byte (https://aws.amazon.com/vpc/pricing/).
    """

    TYPE = "webstore:network:Network"
    DASHBOARD = "platform"
    OUTPUTS = (
        "vpc_id",
        "cidr_block",
        "zones",
        "public_subnet_ids",
        "app_subnet_ids",
        "data_subnet_ids",
        "payment_subnet_ids",
        "s3_prefix_list_id",
        "dynamodb_prefix_list_id",
    )
    vpc_id: pulumi.Output[str]
    cidr_block: str
    """The VPC's addresses."""
    zones: list[str]
    """Availability Zones, in the order of the subnets."""
    # Lists of outputs, not outputs of lists: in the preview of a new zone the ids of the other zones stay known.
    public_subnet_ids: list[pulumi.Output[str]]
    """Subnets with a route to the internet gateway, in the order of `zones`."""
    app_subnet_ids: list[pulumi.Output[str]]
    """Private subnets of services, with a route to NAT."""
    data_subnet_ids: list[pulumi.Output[str]]
    """Isolated subnets of caches, files and brokers."""
    payment_subnet_ids: list[pulumi.Output[str]]
    """Subnets of payment services; `allow_payment_egress` opens their security groups."""
    s3_prefix_list_id: pulumi.Output[str]
    """Addresses of S3, reached through the gateway endpoint."""
    dynamodb_prefix_list_id: pulumi.Output[str]
    """Addresses of DynamoDB, reached through the gateway endpoint."""
    nat_addresses: list[pulumi.Output[str]]
    """Addresses that hosts on the internet see of all tasks; none without NAT."""
    endpoints_group: SecurityGroup
    """Group of the interface endpoints, closed until `admit_to_endpoints`; other teams refer to it, too."""

    def __init__(
        self,
        name: str,
        *,
        settings: NetworkSettings,
        foundation: Foundation,
        needs: NetworkNeeds,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._payment_egress, self._needs = settings.payment_egress, needs
        self.cidr_block = settings.cidr_block
        self.zones = list(settings.zones)
        vpc = self._vpc(settings)
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = self._ids_of(vpc.subnets, "public")
        self.app_subnet_ids = self._ids_of(vpc.subnets, "app")
        self.data_subnet_ids = self._ids_of(vpc.subnets, "data")
        self.payment_subnet_ids = self._ids_of(vpc.subnets, "payment")
        self.nat_addresses = [
            vpc.nat_gateways[position].public_ip for position in range(len(self._nat_zones(settings)))
        ]
        # Adopting the group without rules removes the rules that AWS made.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=vpc.vpc_id, tags={"Name": f"{name}-default"}, opts=self._inside
        )
        route_table_ids = [
            table_id
            for layer in made_layers(settings.payment_egress)
            for table_id in self._ids_of(vpc.route_tables, layer)
        ]
        self.s3_prefix_list_id, self.dynamodb_prefix_list_id = (
            gateway_endpoint(
                name,
                service,
                vpc_id=vpc.vpc_id,
                route_table_ids=route_table_ids,
                foundation=foundation,
                opts=self._inside,
            ).prefix_list_id
            for service in ("s3", "dynamodb")
        )
        self.endpoints_group = SecurityGroup(
            f"{name}-endpoints",
            SecurityGroupArgs(
                vpc_id=vpc.vpc_id,
                description="Interface endpoints of AWS services; each service of the store is admitted by name",
            ),
            opts=self._inside,
        )
        # Tasks pull images through these endpoints and routes: services depend on them. Subnet ids do not, or a new
        # endpoint would make every id unknown in a preview.
        self.egress_resources: list[pulumi.Resource] = [vpc]
        self.egress_resources += [
            interface_endpoint(
                name,
                service,
                vpc_id=vpc.vpc_id,
                subnet_ids=self.app_subnet_ids,
                group_id=self.endpoints_group.group_id,
                foundation=foundation,
                opts=self._inside,
            )
            for service in needs.endpoints
        ]
        flow_logs(
            f"{name}-flow-logs",
            settings=settings.flow_logs,
            vpc_id=vpc.vpc_id,
            foundation=foundation,
            opts=self._inside,
        )
        self._watch_nat(settings, vpc)
        egress = settings.payment_egress
        if not isinstance(egress, ClosedEgress):
            firewall = self._firewall(egress, vpc) if isinstance(egress, FirewallEgress) else None
            self._route_payments(settings, vpc, firewall)
        if isinstance(egress, FirewallEgress):
            self._dns_firewall(egress)
        self._publish()

    def admit_to_endpoints(self, group: SecurityGroup, *, purpose: str) -> None:
        """Let members of `group` open HTTPS connections to the interface endpoints, where the VPC has any."""
        if self._needs.endpoints:
            self.endpoints_group.admit(group, port=443, purpose=purpose)

    def allow_payment_egress(self, group: SecurityGroup) -> None:
        """Let members of `group`, in payment subnets, open the HTTPS connections of `network.payment_egress`."""
        egress = self._payment_egress
        if isinstance(egress, ClosedEgress):
            return
        if isinstance(egress, OpenEgress):
            group.reach_internet(port=443, purpose="Any address, through the NAT gateways")
        elif egress.cidr_blocks:
            group.reach_addresses(egress.cidr_blocks, label="payments", port=443, purpose="Payment provider")
        else:
            group.reach_internet(port=443, purpose="Payment provider, whose domains the firewall knows")

    def _vpc(self, settings: NetworkSettings) -> awsx.ec2.Vpc:
        blocks = settings.subnets()
        return awsx.ec2.Vpc(
            self._name,
            cidr_block=settings.cidr_block,
            availability_zone_names=self.zones,
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            # Explicit blocks: a later awsx may divide the VPC in another way.
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(
                    name=layer, type=kind, cidr_blocks=[str(block) for block in blocks[layer]], tags={"tier": layer}
                )
                for layer, kind in _KINDS.items()
                if layer in blocks
            ],
            subnet_name_tag_strategy=awsx.ec2.SubnetNameTagStrategy.AVAILABILITY_ZONE,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=_NAT[settings.nat]),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            enable_network_address_usage_metrics=False,
            assign_generated_ipv6_cidr_block=False,
            instance_tenancy="default",
            vpc_endpoint_strategy=awsx.ec2.VpcEndpointStrategy.LEGACY,  # endpoints are ours, below
            vpc_endpoint_specs=[],
            opts=pulumi.ResourceOptions(parent=self, transforms=[_no_public_addresses]),
        )

    def _ids_of(
        self, resources: pulumi.Output[Sequence[pulumi.CustomResource]], layer: LayerName
    ) -> list[pulumi.Output[str]]:
        """Ids of a layer's subnets or route tables in the order of the zones."""
        return [self._id_in(resources, layer, zone) for zone in self.zones]

    def _id_in(
        self, resources: pulumi.Output[Sequence[pulumi.CustomResource]], layer: LayerName, zone: str
    ) -> pulumi.Output[str]:
        """Id of a layer's subnet or route table in a zone, by the name that awsx gives both."""
        name = f"{self._name}-{layer}-{self.zones.index(zone) + 1}"
        return resources.apply(lambda found: {resource.pulumi_resource_name: resource.id for resource in found}[name])

    def _firewall(self, egress: FirewallEgress, vpc: awsx.ec2.Vpc) -> EgressFirewall:
        return EgressFirewall(
            f"{self._name}-payment-firewall",
            EgressFirewallArgs(
                vpc_id=vpc.vpc_id,
                subnet_ids={zone: self._id_in(vpc.subnets, "firewall", zone) for zone in self.zones},
                domains=sorted({*egress.domains, *self._needs.payment_hosts}),
                key_arn=self.foundation.keys.payment_key_arn,
                log_days=egress.log_days,
                delete_protection=egress.delete_protection,
            ),
            opts=self._inside,
        )

    def _dns_firewall(self, egress: FirewallEgress) -> None:
        needs, settings = self._needs, egress.dns
        protect = self.foundation.environment.protect if egress.delete_protection is None else egress.delete_protection
        DnsFirewall(
            f"{self._name}-dns-firewall",
            DnsFirewallArgs(
                vpc_id=self.vpc_id,
                domains=patterns({*egress.domains, *settings.further_domains, *needs.payment_hosts, *needs.names}),
                mode=settings.mode,
                fail_open=settings.fail_open,
                log_days=settings.log_days,
                protected=protect,
            ),
            opts=self._inside,
        )

    def _route_payments(self, settings: NetworkSettings, vpc: awsx.ec2.Vpc, firewall: EgressFirewall | None) -> None:
        """Routes from each payment subnet to NAT; with a firewall through its endpoint in the zone, in both directions.

        The route back is in the subnet of the NAT gateway, which is in another zone if all zones share one gateway. It
        names the whole block of the payment subnet, so it takes precedence over the VPC's local route
        (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html).
        """
        for zone, block in zip(self.zones, settings.subnets()["payment"], strict=True):
            nat_zone = zone if settings.nat == "one_per_az" else self.zones[0]
            nat_gateway_id = _nat_gateway_id(vpc, self.zones.index(nat_zone))
            letter = zone[-1]
            out = self._id_in(vpc.route_tables, "payment", zone)
            if firewall is None:
                self._route(f"payment-out-{letter}", out, _ANYWHERE, nat_gateway_id=nat_gateway_id)
                continue
            endpoint_id = firewall.endpoint_ids[zone]
            onward = self._id_in(vpc.route_tables, "firewall", zone)
            back = self._id_in(vpc.route_tables, "public", nat_zone)
            self._route(f"payment-out-{letter}", out, _ANYWHERE, vpc_endpoint_id=endpoint_id)
            self._route(f"firewall-out-{letter}", onward, _ANYWHERE, nat_gateway_id=nat_gateway_id)
            self._route(f"payment-back-{letter}", back, str(block), vpc_endpoint_id=endpoint_id)

    def _route(
        self,
        label: str,
        table_id: pulumi.Input[str],
        destination: str,
        *,
        nat_gateway_id: pulumi.Input[str] | None = None,
        vpc_endpoint_id: pulumi.Input[str] | None = None,
    ) -> None:
        route = aws.ec2.Route(
            f"{self._name}-{label}",
            route_table_id=table_id,
            destination_cidr_block=destination,
            nat_gateway_id=nat_gateway_id,
            vpc_endpoint_id=vpc_endpoint_id,
            opts=self._inside,
        )
        self.egress_resources.append(route)

    def _nat_zones(self, settings: NetworkSettings) -> list[str]:
        return {"none": [], "single": self.zones[:1], "one_per_az": self.zones}[settings.nat]

    def _watch_nat(self, settings: NetworkSettings, vpc: awsx.ec2.Vpc) -> None:
        zones = self._nat_zones(settings)
        for position, zone in enumerate(zones):
            alarm(
                f"{self._name}-nat-ports-{zone[-1]}",
                metric=Metric(
                    namespace="AWS/NATGateway",
                    name="ErrorPortAllocation",
                    dimensions={"NatGatewayId": _nat_gateway_id(vpc, position)},
                    statistic="Sum",
                ),
                threshold=0,
                periods=Periods(breaching=1, evaluated=1),
                meaning=f"The NAT gateway in {zone} has no source ports left: new connections to one destination fail.",
                todo="find source and destination in the flow logs (srcaddr, dstaddr), then reuse connections or add an"
                " interface endpoint for the destination.",
                opts=self._inside,
            )


def _no_public_addresses(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    # awsx assigns public addresses in public subnets; load balancers and NAT gateways have their own.
    if args.type_ != "aws:ec2/subnet:Subnet":
        return None
    return pulumi.ResourceTransformResult(props={**args.props, "mapPublicIpOnLaunch": False}, opts=args.opts)


def _nat_gateway_id(vpc: awsx.ec2.Vpc, position: int) -> pulumi.Output[str]:
    return vpc.nat_gateways[position].id
