"""A network firewall that allows TLS connections to listed domains only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, from_source, policy_document
from components.blocks.ready import once_ready
from components.metric import Metric

# Cannot be changed later, so it has room for all domains that the settings accept; each domain is one rule
# (https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateRuleGroup.html, Capacity).
_CAPACITY = 100
_LOGS = {"alerts": "ALERT", "flows": "FLOW"}


@dataclass(frozen=True, kw_only=True)
class EgressFirewallArgs:
    vpc_id: pulumi.Input[str]
    subnet_ids: Mapping[str, pulumi.Input[str]]
    """Zone to the subnet of its endpoint, which holds nothing else."""
    domains: Sequence[str]
    """Allowed domains; a leading dot includes all subdomains."""
    key_arn: pulumi.Input[str]
    """Customer key of rules, policy and firewall. The deploying role must be allowed to create a grant on it; without
    the key the firewall drops all packets
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/kms-encryption-at-rest.html)."""
    log_days: int
    delete_protection: bool | None = None
    """None: as `environment.protect`."""


class EgressFirewall(StoreComponent):
    """AWS Network Firewall that allows TLS connections to listed domains, by the server name (SNI) of the handshake. It
    drops, logs and counts all other packets that are routed through its endpoints.

    A client can claim any server name; against that, allow its security group listed addresses only.
    The caller makes the routes, to the endpoint of a zone and back through the same endpoint: the stateful engine needs
    both directions of a connection
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/vpc-config-route-tables.html).
    """

    TYPE = "webstore:blocks:EgressFirewall"
    OUTPUTS = ("endpoint_ids",)
    endpoint_ids: dict[str, pulumi.Output[str]]
    """Zone to its VPC endpoint."""

    def __init__(self, name: str, args: EgressFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        protected = self.foundation.environment.protect if args.delete_protection is None else args.delete_protection
        firewall = aws.networkfirewall.Firewall(
            name,
            description="Lets listed domains be reached, and nothing else",
            vpc_id=args.vpc_id,
            subnet_mappings=[
                aws.networkfirewall.FirewallSubnetMappingArgs(subnet_id=subnet_id, ip_address_type="IPV4")
                for subnet_id in args.subnet_ids.values()
            ],
            firewall_policy_arn=self._policy(self._domains()),
            delete_protection=protected,
            firewall_policy_change_protection=self.foundation.environment.protect,
            # With this protection AWS would refuse to add a zone.
            subnet_change_protection=False,
            encryption_configuration=aws.networkfirewall.FirewallEncryptionConfigurationArgs(
                type="CUSTOMER_KMS", key_id=args.key_arn
            ),
            tags={"Name": name},
            opts=self._inside,
        )
        self._log(firewall)
        for zone in args.subnet_ids:
            self._watch(firewall, zone)
        self.endpoint_ids = self._endpoint_ids(firewall)
        self._publish()

    def _endpoint_ids(self, firewall: aws.networkfirewall.Firewall) -> dict[str, pulumi.Output[str]]:
        """Read beside the firewall: when a zone is added, the preview of its own status is unknown for all zones, and
        would show every route as changed."""
        made = firewall.firewall_statuses.apply(_endpoints)
        now = aws.networkfirewall.get_firewall_output(
            name=firewall.name, opts=pulumi.InvokeOutputOptions(parent=self)
        ).firewall_statuses.apply(_endpoints)
        return {zone: now.apply(partial(_endpoint_of, zone, made)) for zone in self._args.subnet_ids}

    def _domains(self) -> pulumi.Output[str]:
        rules = aws.networkfirewall.RuleGroup(
            f"{self._name}-domains",
            description="Domains that may be reached over TLS",
            type="STATEFUL",
            capacity=_CAPACITY,
            rule_group=aws.networkfirewall.RuleGroupRuleGroupArgs(
                rules_source=aws.networkfirewall.RuleGroupRuleGroupRulesSourceArgs(
                    rules_source_list=aws.networkfirewall.RuleGroupRuleGroupRulesSourceRulesSourceListArgs(
                        generated_rules_type="ALLOWLIST",
                        # Not HTTP_HOST: plain HTTP is not allowed.
                        target_types=["TLS_SNI"],
                        targets=sorted(self._args.domains),
                    )
                ),
                stateful_rule_options=aws.networkfirewall.RuleGroupRuleGroupStatefulRuleOptionsArgs(
                    rule_order="STRICT_ORDER"
                ),
            ),
            encryption_configuration=aws.networkfirewall.RuleGroupEncryptionConfigurationArgs(
                type="CUSTOMER_KMS", key_id=self._args.key_arn
            ),
            tags={"Name": f"{self._name}-domains"},
            opts=self._inside,
        )
        return rules.arn

    def _policy(self, rules_arn: pulumi.Input[str]) -> pulumi.Output[str]:
        policy = aws.networkfirewall.FirewallPolicy(
            self._name,
            description="What no rule lets pass is dropped and told",
            firewall_policy=aws.networkfirewall.FirewallPolicyFirewallPolicyArgs(
                stateless_default_actions=["aws:forward_to_sfe"],
                # Fragments of UDP; AWS drops fragments of other protocols anyway.
                stateless_fragment_default_actions=["aws:drop"],
                stateful_engine_options=aws.networkfirewall.FirewallPolicyFirewallPolicyStatefulEngineOptionsArgs(
                    rule_order="STRICT_ORDER",
                    # Clients of a connection whose state is lost open a new one, which is inspected from its beginning.
                    stream_exception_policy="REJECT",
                ),
                # Packets pass until the client has sent the server name, which may take several packets, as with
                # post-quantum keys; `drop_established` would drop such a handshake
                # (https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html).
                stateful_default_actions=[
                    "aws:drop_established_app_layer_to_server",
                    "aws:alert_established_app_layer_to_server",
                ],
                stateful_rule_group_references=[
                    aws.networkfirewall.FirewallPolicyFirewallPolicyStatefulRuleGroupReferenceArgs(
                        priority=1, resource_arn=rules_arn
                    )
                ],
            ),
            encryption_configuration=aws.networkfirewall.FirewallPolicyEncryptionConfigurationArgs(
                type="CUSTOMER_KMS", key_id=self._args.key_arn
            ),
            tags={"Name": self._name},
            opts=self._inside,
        )
        return policy.arn

    def _log(self, firewall: aws.networkfirewall.Firewall) -> None:
        account_id, region = self.foundation.account_id, self.foundation.region
        names = {
            label: f"/aws/vendedlogs/{in_stack(f'{pulumi.get_project()}-{self._name}-{label}', limit=200)}"
            for label in _LOGS
        }
        # Without it AWS creates a policy that no stack removes
        # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html).
        permission = aws.cloudwatch.LogResourcePolicy(
            self._name,
            policy_name=in_stack(f"{pulumi.get_project()}-{self._name}", limit=128),
            policy_document=policy_document(
                Statement(
                    sid="AWSLogDeliveryWrite",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    services=["delivery.logs.amazonaws.com"],
                    resources=[
                        f"arn:aws:logs:{region}:{account_id}:log-group:{name}:log-stream:*" for name in names.values()
                    ],
                    conditions=from_source(account_id=account_id, arn=f"arn:aws:logs:{region}:{account_id}:*"),
                )
            ),
            opts=self._inside,
        )
        groups = {
            label: aws.cloudwatch.LogGroup(
                f"{self._name}-{label}",
                name=name,
                kms_key_id=self.foundation.keys.logs_key_arn,
                retention_in_days=self._args.log_days,
                opts=self._inside,
            )
            for label, name in names.items()
        }
        aws.networkfirewall.LoggingConfiguration(
            self._name,
            firewall_arn=firewall.arn,
            logging_configuration=aws.networkfirewall.LoggingConfigurationLoggingConfigurationArgs(
                log_destination_configs=[
                    aws.networkfirewall.LoggingConfigurationLoggingConfigurationLogDestinationConfigArgs(
                        log_type=log_type,
                        log_destination_type="CloudWatchLogs",
                        log_destination={"logGroup": once_ready(groups[label].name, permission)},
                    )
                    for label, log_type in _LOGS.items()
                ]
            ),
            opts=self._inside,
        )

    def _watch(self, firewall: aws.networkfirewall.Firewall, zone: str) -> None:
        alarm(
            f"{self._name}-drops-{zone[-1]}",
            metric=Metric(
                namespace="AWS/NetworkFirewall",
                name="DroppedPackets",
                dimensions={"FirewallName": firewall.name, "AvailabilityZone": zone, "Engine": "Stateful"},
                statistic="Sum",
            ),
            # A blocked connection is retried with several packets; late packets of closed connections are single.
            threshold=5,
            meaning=f"The firewall {self._name} drops connections from {zone} to domains that are not on its list: an"
            " attack, or a domain that is missing in the list.",
            todo="find source address and server name in the alert log, then add the domain to"
            " `network.payment_egress.domains` if payments need it, or stop the task that connects.",
            opts=self._inside,
        )


def _endpoint_of(zone: str, made: pulumi.Output[dict[str, str]], known: Mapping[str, str]) -> str | pulumi.Output[str]:
    return known.get(zone) or made.apply(partial(endpoint_in, zone))


def _endpoints(statuses: Sequence[Any]) -> dict[str, str]:
    """Zone to endpoint, of the firewall's status."""
    return {
        state.availability_zone: attachment.endpoint_id or ""
        for status in statuses
        for state in status.sync_states or ()
        for attachment in state.attachments or ()
    }


def endpoint_in(zone: str, endpoints: Mapping[str, str]) -> str:
    """The firewall's endpoint in a zone.

    Raises:
        pulumi.RunError: the firewall has no endpoint there.
    """
    if zone not in endpoints:
        raise pulumi.RunError(
            f"the firewall must have an endpoint in {zone}, and has them in {sorted(endpoints)} only: AWS"
            " has not finished it, or its subnets were changed outside this program; look at its status, then update"
            " again"
        )
    return endpoints[zone]
