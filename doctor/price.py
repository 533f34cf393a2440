"""What a stack costs a month without a customer: prices of everything that is paid by the hour or the month."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from doctor.fargate import memory_and_cpu
from doctor.program import Program
from offline.recorder import Registered

HOURS = 730
"""Hours of a month, as AWS's calculator has it."""
_UNCOUNTED: Mapping[str, str] = {
    "pulumi-python:dynamic/personalize:Recommender": "personalization.engine.recommender",
}
_RECORD = Path(__file__).parent / "facts" / "prices.yaml"


class UnknownPriceError(Exception):
    """A node type without a recorded price."""


@dataclass(frozen=True)
class Line:
    switch: str
    """Setting that turns it off, or sizes it; `none: ...` where nothing does."""
    what: str
    usd: float


@dataclass(frozen=True)
class Bill:
    region: str
    date: str
    lines: Sequence[Line]
    uncounted: Sequence[str] = ()
    """Switches of what is paid by the hour and has no recorded price."""

    @property
    def total(self) -> float:
        return sum(line.usd for line in self.lines)

    def by_switch(self) -> dict[str, float]:
        """Switch to its part, the largest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.switch] = sums.get(line.switch, 0) + line.usd
        return dict(sorted(sums.items(), key=lambda item: -item[1]))


@cache
def _record() -> Mapping[str, Any]:
    return yaml.safe_load(_RECORD.read_text(encoding="utf-8"))


def _price(name: str) -> float:
    return float(_record()["prices"][name])


def _node(type_: str) -> float:
    """USD an hour of a node.

    Raises:
        UnknownPriceError: `facts/prices.yaml` has no such type.
    """
    prices = _record()["nodes"]
    if type_ not in prices:
        raise UnknownPriceError(f"no price for {type_}: add it to doctor/facts/prices.yaml")
    return float(prices[type_])


def bill(program: Program) -> Bill:
    """Every line above a cent.

    Raises:
        UnknownPriceError: as `_node`.
    """
    lines = [line for part in _PARTS for line in part(program) if line.usd >= 0.01]
    uncounted = [switch for type_, switch in _UNCOUNTED.items() if type_ in program.dynamic]
    return Bill(_record()["region"], str(_record()["date"]), lines, uncounted)


def _is_of_web(resource: Registered) -> bool:
    return resource.name.startswith("web-")


def _compute(program: Program) -> Iterator[Line]:
    for service in program.of("ecs/service:Service"):
        web = _is_of_web(service)
        switch = "web_tier.service.scaling" if web else "app_tier.services.<service>.runtime.scaling"
        for provider, share in (("FARGATE", 1.0), ("FARGATE_SPOT", _price("fargate-spot-share"))):
            cpu, memory, arm = memory_and_cpu(program, service, provider)
            kind = "arm" if arm else "x86"
            hour = cpu * _price(f"fargate-{kind}-vcpu-hour") + memory * _price(f"fargate-{kind}-gb-hour")
            label = " on Spot" if share < 1 else ""
            yield Line(switch, f"Fargate{label}: {service.name}, {cpu:g} vCPU, {memory:g} GB", hour * share * HOURS)


def _network(program: Program) -> Iterator[Line]:
    gateways = len(program.of("ec2/natGateway:NatGateway"))
    hour = gateways * (_price("nat-gateway-hour") + _price("public-address-hour"))
    yield Line("network.nat", f"{gateways} NAT gateways with their addresses", hour * HOURS)
    zones = sum(
        len(endpoint.inputs.get("subnetIds") or [])
        for endpoint in program.of("ec2/vpcEndpoint:VpcEndpoint")
        if endpoint.inputs.get("vpcEndpointType") == "Interface"
    )
    yield Line(
        "network.interface_endpoints",
        f"{zones} interface endpoints and zones",
        zones * _price("interface-endpoint-zone-hour") * HOURS,
    )
    places = sum(len(f.inputs.get("subnetMappings") or []) for f in program.of("networkfirewall/firewall:Firewall"))
    yield Line(
        "network.payment_egress.engine",
        f"Network Firewall in {places} zones",
        places * _price("firewall-endpoint-hour") * HOURS,
    )


def _balancers(program: Program) -> Iterator[Line]:
    for balancer in program.of("lb/loadBalancer:LoadBalancer"):
        zones = len(balancer.inputs.get("subnets") or [])
        public = 0 if balancer.inputs.get("internal") else zones
        units = int((balancer.inputs.get("minimumLoadBalancerCapacity") or {}).get("capacityUnits") or 0)
        hour = _price("balancer-hour") + public * _price("public-address-hour") + units * _price("capacity-unit-hour")
        yield Line("none: load balancers", f"Application Load Balancer {balancer.name}", hour * HOURS)


def _caches(program: Program) -> Iterator[Line]:
    for group in program.of("elasticache/replicationGroup:ReplicationGroup"):
        nodes = int(group.inputs.get("numNodeGroups") or 1) * (1 + int(group.inputs.get("replicasPerNodeGroup") or 0))
        switch = "web_tier.cache" if _is_of_web(group) else "data.cache"
        type_ = str(group.inputs["nodeType"])
        yield Line(switch, f"{nodes} {type_}", nodes * _node(type_) * HOURS)
    for found in program.of("elasticache/serverlessCache:ServerlessCache"):
        switch = "web_tier.cache" if _is_of_web(found) else "data.cache"
        # 100 MB at least of Valkey.
        yield Line(switch, "serverless cache, the least", 0.1 * _price("serverless-cache-gb-hour") * HOURS)
    for cluster in program.of("dax/cluster:Cluster"):
        nodes, type_ = int(cluster.inputs["replicationFactor"]), str(cluster.inputs["nodeType"])
        yield Line("data.dax", f"{nodes} {type_}", nodes * _node(type_) * HOURS)


def _streams(program: Program) -> Iterator[Line]:
    for cluster in program.of("msk/cluster:Cluster"):
        nodes, group = int(cluster.inputs["numberOfBrokerNodes"]), cluster.inputs["brokerNodeGroupInfo"]
        type_ = str(group["instanceType"])
        gib = int(group["storageInfo"]["ebsStorageInfo"]["volumeSize"])
        yield Line("feeds.engine", f"{nodes} {type_}", nodes * _node(type_) * HOURS)
        yield Line("feeds.engine.storage_gib", f"{nodes} x {gib} GB", nodes * gib * _price("msk-storage-gb-month"))
    for _ in program.of("msk/serverlessCluster:ServerlessCluster"):
        topics = program.of("msk/topic:Topic")
        partitions = sum(int(topic.inputs.get("partitionCount") or 1) for topic in topics)
        hour = _price("msk-serverless-cluster-hour") + partitions * _price("msk-serverless-partition-hour")
        yield Line("feeds.engine", f"MSK Serverless, {partitions} partitions", hour * HOURS)
    shards = sum(int(stream.inputs.get("shardCount") or 0) for stream in program.of("kinesis/stream:Stream"))
    yield Line("feeds.streams.<feed>.partitions", f"{shards} shards", shards * _price("kinesis-shard-hour") * HOURS)
    open_ = sum(not stream.inputs.get("shardCount") for stream in program.of("kinesis/stream:Stream"))
    yield Line("feeds.engine", f"{open_} on-demand streams", open_ * _price("kinesis-on-demand-stream-hour") * HOURS)
    yield from _pollers(program)


def _search(program: Program) -> Iterator[Line]:
    for domain in program.of("opensearch/domain:Domain"):
        cluster, gib = domain.inputs["clusterConfig"], int(domain.inputs["ebsOptions"]["volumeSize"])
        nodes, type_ = int(cluster["instanceCount"]), str(cluster["instanceType"])
        yield Line("search.engine", f"{nodes} {type_}", nodes * _node(type_) * HOURS)
        masters = int(cluster.get("dedicatedMasterCount") or 0)
        if masters:
            type_ = str(cluster["dedicatedMasterType"])
            yield Line("search.engine.master_type", f"{masters} {type_}", masters * _node(type_) * HOURS)
        yield Line("search.engine.storage_gib", f"{nodes} x {gib} GB", nodes * gib * _price("search-storage-gb-month"))
    for group in program.of("opensearch/serverlessCollectionGroup:ServerlessCollectionGroup"):
        for limits in group.inputs["capacityLimits"]:
            for kind in ("Search", "Indexing"):
                units = int(limits[f"min{kind}CapacityInOcu"])
                switch = f"search.engine.min_{kind.lower()}_units"
                yield Line(switch, f"{units} OCUs", units * _price("search-unit-hour") * HOURS)
    for pipeline in program.of("opensearchingest/pipeline:Pipeline"):
        units = int(pipeline.inputs["minUnits"])
        yield Line("search.engine.feed", f"{units} ingestion units", units * _price("ingestion-unit-hour") * HOURS)


def _pollers(program: Program) -> Iterator[Line]:
    """Pollers that consumers of one group share are paid once."""
    groups: dict[str, int] = {}
    for mapping in program.of("lambda/eventSourceMapping:EventSourceMapping"):
        given = mapping.inputs.get("provisionedPollerConfig") or {}
        if given:
            name = str(given.get("pollerGroupName") or mapping.name)
            groups[name] = max(groups.get(name, 0), int(given.get("minimumPollers") or 1))
    count = sum(groups.values())
    yield Line("feeds.engine.pollers", f"{count} provisioned pollers", count * _price("poller-hour") * HOURS)


def _watching(program: Program) -> Iterator[Line]:
    free = _record()["free"]
    metrics = sum(
        max(1, sum(1 for query in alarm.inputs.get("metricQueries") or [] if query.get("metric")))
        for alarm in program.of("cloudwatch/metricAlarm:MetricAlarm")
    )
    paid = max(0, metrics - free["alarm-metrics"])
    yield Line("none: alarms", f"alarms on {metrics} metrics", paid * _price("alarm-metric-month"))
    composites = len(program.of("cloudwatch/compositeAlarm:CompositeAlarm"))
    yield Line("none: alarms", f"{composites} composite alarms", composites * _price("composite-alarm-month"))
    boards = len(program.of("cloudwatch/dashboard:Dashboard"))
    paid = max(0, boards - free["dashboards"])
    yield Line("observability.dashboards", f"{boards} dashboards", paid * _price("dashboard-month"))
    yield from _insights(program)


def _insights(program: Program) -> Iterator[Line]:
    modes = {
        str(cluster.outputs["arn"]): str(setting["value"])
        for cluster in program.of("ecs/cluster:Cluster")
        for setting in cluster.inputs.get("settings") or []
        if setting["name"] == "containerInsights"
    }
    counts: Counter[str] = Counter()
    for arn, mode in modes.items():
        if mode not in _record()["insights"]:
            continue
        each = _record()["insights"][mode]
        counts[mode] += each["cluster"]
        for service in program.of("ecs/service:Service"):
            if service.inputs["cluster"] == arn:
                tasks, containers = int(service.inputs["desiredCount"]), _containers(program, service)
                counts[mode] += each["service"] + tasks * (each["task"] + containers * each["container"])
    for mode, metrics in counts.items():
        price = _price("insights-enhanced-metric-month" if mode == "enhanced" else "insights-metric-month")
        yield Line("observability.container_insights", f"about {metrics} metrics, {mode}", metrics * price)


def _containers(program: Program, service: Registered) -> int:
    for task in program.of("ecs/taskDefinition:TaskDefinition"):
        if task.outputs["arn"] == service.inputs["taskDefinition"]:
            return str(task.inputs["containerDefinitions"]).count('"image"')
    return 1


# Managed rule groups with a price of their own (https://aws.amazon.com/waf/pricing/).
_GROUPS = {
    "AWSManagedRulesBotControlRuleSet": ("bot_control", "bot-control-month"),
    "AWSManagedRulesATPRuleSet": ("account_takeover", "account-takeover-month"),
    "AWSManagedRulesACFPRuleSet": ("account_creation", "account-creation-month"),
    "AWSManagedRulesAntiDDoSRuleSet": ("anti_ddos", "anti-ddos-month"),
}


def _edge(program: Program) -> Iterator[Line]:
    for acl in program.of("wafv2/webAcl:WebAcl"):
        rules = acl.inputs.get("rules") or []
        usd = _price("web-acl-month") + len(rules) * _price("web-acl-rule-month")
        yield Line("<box>.web_acl: rules", f"web ACL {acl.name}, {len(rules)} rules", usd)
        for group, (setting, price) in _GROUPS.items():
            if group in str(rules):
                yield Line(f"edge.web_acl.{setting}", group, _price(price))
    boards = len(program.of("cloudfront/monitoringSubscription:MonitoringSubscription"))
    yield Line("edge.realtime_metrics", "metrics of the distribution", boards * _price("distribution-metrics-month"))
    checks = len(program.of("route53/healthCheck:HealthCheck"))
    yield Line("edge.health_check", f"{checks} health checks", checks * _price("health-check-month"))
    zones = len(program.of("route53/zone:Zone"))
    yield Line("dns.zone", f"{zones} hosted zones", zones * _price("hosted-zone-month"))


def _security(program: Program) -> Iterator[Line]:
    keys = len(program.of("kms/key:Key", "kms/replicaKey:ReplicaKey"))
    yield Line("none: keys and secrets", f"{keys} KMS keys", keys * _price("kms-key-month"))
    secrets = len(program.of("secretsmanager/secret:Secret"))
    yield Line("none: keys and secrets", f"{secrets} secrets", secrets * _price("secret-month"))
    for authority in program.of("acmpca/certificateAuthority:CertificateAuthority"):
        short = authority.inputs.get("usageMode") == "SHORT_LIVED_CERTIFICATE"
        usd = _price("private-ca-short-lived-month" if short else "private-ca-month")
        yield Line("app_tier.discovery.tls", "private certificate authority", usd)


_PARTS: Sequence[Callable[[Program], Iterator[Line]]] = (
    _compute,
    _network,
    _balancers,
    _caches,
    _streams,
    _search,
    _watching,
    _edge,
    _security,
)
