"""Outputs and ids that follow from other resources or from several inputs, where a table of forms is not enough."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from offline.aws import cloud_control, stacks
from offline.aws.cloud import Directory
from offline.aws.ids import Mint
from offline.aws.minting import alphabet_text
from offline.aws.regions import LOAD_BALANCER_ZONES, managed_prefix_list, zone_id
from offline.aws.relations import RefusedError
from offline.wire import Properties

_Outputs = Callable[[Mapping[str, Any], Mint, Directory], Properties]
# Resources that a VPC brings along and a program may adopt: type -> (input that names the owner, the owner's output).
_ADOPTED: Mapping[str, tuple[str, str]] = {
    "ec2/defaultSecurityGroup": ("vpcId", "defaultSecurityGroupId"),
    "ec2/defaultRouteTable": ("defaultRouteTableId", "defaultRouteTableId"),
    "ec2/defaultNetworkAcl": ("defaultNetworkAclId", "defaultNetworkAclId"),
}

_COLLECTION_GROUP = "aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup"
_HEX = "0123456789abcdef"
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def adopted_id(values: Mapping[str, Any], mint: Mint, directory: Directory) -> str | None:
    """The id of a default resource of a VPC; None for types that are created.

    Raises:
        RefusedError: the VPC does not exist.
    """
    if mint.kind not in _ADOPTED:
        return None
    key, output = _ADOPTED[mint.kind]
    name = str(values.get(key) or "")
    vpc = directory.named(name, account=mint.account, region=mint.region) if name else None
    if vpc is None:
        raise RefusedError(f"{key} '{name}' must belong to a VPC in {mint.region} of account {mint.account}")
    return str(vpc.outputs[output])


def special_outputs(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    """`values` are the known plain inputs."""
    make = _MAKERS.get(mint.kind)
    made = make(values, mint, directory) if make else {}
    return {key: value for key, value in made.items() if key in mint.schema.outputs.types}


def part_names(kind: str, outputs: Mapping[str, Any]) -> list[str]:
    """Ids by which other resources mention this one, beside id, ARN and name, or a part that AWS makes of it."""
    if kind == cloud_control.KIND:
        return list(cloud_control.texts_decided(outputs["properties"]))
    if kind != "networkfirewall/firewall":
        return []
    return [
        attachment["endpointId"]
        for status in outputs.get("firewallStatuses") or ()
        for state in status["syncStates"]
        for attachment in state["attachments"]
    ]


def _vpc(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    if not values.get("assignGeneratedIpv6CidrBlock"):
        return {"ipv6CidrBlock": "", "ipv6AssociationId": ""}
    block = mint.text("2a05:d018:1{hex2}{hex1}:{hex2}00::/56")
    return {"ipv6CidrBlock": block, "ipv6AssociationId": mint.text("vpc-cidr-assoc-{hex17}")}


def _subnet(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    zone = str(values.get("availabilityZone") or f"{mint.region}a")
    return {"availabilityZone": zone, "availabilityZoneId": zone_id(zone)}


def _default_group(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    identifier = str(adopted_id(values, mint, directory))
    arn = mint.text(f"ec2:security-group/{identifier}", is_arn=True)
    return {"name": "default", "description": "default VPC security group", "arn": arn}


def _default_routes(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    identifier = str(adopted_id(values, mint, directory))
    vpc = directory.named(identifier, account=mint.account, region=mint.region)
    arn = mint.text(f"ec2:route-table/{identifier}", is_arn=True)
    return {"vpcId": vpc.id if vpc else "", "arn": arn}


def _default_acl(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    identifier = str(adopted_id(values, mint, directory))
    vpc = directory.named(identifier, account=mint.account, region=mint.region)
    return {"vpcId": vpc.id if vpc else "", "arn": mint.text(f"ec2:network-acl/{identifier}", is_arn=True)}


def _endpoint(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    service = str(values.get("serviceName") or "")
    if values.get("vpcEndpointType", "Gateway") == "Gateway":
        found = managed_prefix_list(service, mint.region)
        return {"prefixListId": found or "", "cidrBlocks": ["52.218.0.0/17"] if found else [], "dnsEntries": []}
    host = mint.text("{id}-{low8}." + ".".join(reversed(service.split(".")[3:])) + ".{region}.vpce.amazonaws.com")
    interfaces = [f"eni-0{alphabet_text(f'{mint.id}{subnet}', _HEX, 16)}" for subnet in values.get("subnetIds") or ()]
    entries = [{"dnsName": host, "hostedZoneId": mint.text("Z{up13}")}]
    return {"prefixListId": "", "cidrBlocks": [], "dnsEntries": entries, "networkInterfaceIds": interfaces}


def _collection(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-collection-endpoints.html"""
    name = str(values.get("collectionGroupName") or "")
    group = directory.named(name, account=mint.account, region=mint.region, token=_COLLECTION_GROUP) if name else None
    if group is None or group.inputs.get("generation") != "NEXTGEN":
        return {}
    endpoint = mint.text("https://{id}.aoss.{region}.on.aws")
    return {"collectionEndpoint": endpoint, "dashboardEndpoint": f"{endpoint}/_dashboards"}


def _firewall(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    states = []
    for subnet_id in [str(mapping.get("subnetId")) for mapping in values.get("subnetMappings") or ()]:
        subnet = directory.named(subnet_id, account=mint.account, region=mint.region)
        endpoint_id = f"vpce-0{alphabet_text(f'{mint.id}{subnet_id}', _HEX, 16)}"
        states.append(
            {
                "availabilityZone": str(subnet.outputs["availabilityZone"]) if subnet else "",
                "attachments": [{"endpointId": endpoint_id, "subnetId": subnet_id}],
            }
        )
    return {"firewallStatuses": [{"syncStates": states, "transitGatewayAttachmentSyncStates": []}]}


def _load_balancer(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    mappings = [item.get("subnetId") for item in values.get("subnetMappings") or ()]
    subnets = list(values.get("subnets") or mappings)
    first = directory.named(str(subnets[0]), account=mint.account, region=mint.region) if subnets else None
    return {
        "vpcId": str(first.inputs.get("vpcId", "")) if first else "",
        "subnets": subnets,
        "zoneId": LOAD_BALANCER_ZONES.get(mint.region) or mint.text("Z{up13}"),
    }


def _certificate(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    domain = str(values.get("domainName") or "")
    names = list(dict.fromkeys([domain, *(values.get("subjectAlternativeNames") or ())]))
    options = []
    for name in names if values.get("validationMethod") == "DNS" else ():
        bare = name.removeprefix("*.")
        seed = f"{mint.account}{bare}"  # AWS asks for the same record for a name in all certificates of an account
        options.append(
            {
                "domainName": name,
                "resourceRecordName": f"_{alphabet_text(seed, _HEX, 32)}.{bare}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{alphabet_text(f'{seed}v', _HEX, 32)}.jkddzztszm.acm-validations.aws.",
            }
        )
    return {"domainValidationOptions": options, "subjectAlternativeNames": names, "validationEmails": []}


def _zone(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    if values.get("vpcs"):
        return {"nameServers": []}
    servers = [
        mint.text(f"ns-{{dec3{letter}}}.awsdns-{{dec2{letter}}}.{end}")
        for letter, end in zip("abcd", ("com", "net", "org", "co.uk"), strict=True)
    ]
    return {"nameServers": sorted(servers), "primaryNameServer": sorted(servers)[0]}


def _record(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    zone = directory.named(str(values.get("zoneId")), account=mint.account)
    name = str(values.get("name") or "").rstrip(".")
    suffix = str(zone.inputs.get("name", "")).rstrip(".") if zone else ""
    inside = not suffix or name == suffix or name.endswith(f".{suffix}")
    return {"fqdn": name if inside else f"{name}.{suffix}".lstrip(".")}


def _table(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    made: Properties = {"streamArn": "", "streamLabel": ""}
    if values.get("streamEnabled"):
        label = mint.moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        made = {"streamArn": f"{mint.arn}/stream/{label}", "streamLabel": label}
    if values.get("billingMode", "PROVISIONED") == "PROVISIONED":
        made |= {name: values.get(name) or 1 for name in ("readCapacity", "writeCapacity")}
    return made


def _replication_group(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    name, count = str(values.get("replicationGroupId")), int(values.get("numCacheClusters") or 0)
    tail = mint.text("{low6}.") + f"{_cache_region(mint)}.cache.amazonaws.com"
    shards, replicas = int(values.get("numNodeGroups") or 1), int(values.get("replicasPerNodeGroup") or 0)
    is_sharded = shards > 1 or values.get("clusterMode") == "enabled"
    members = [f"{name}-{number:03}" for number in range(1, (count or replicas + 1) + 1)]
    if is_sharded:
        members = [f"{name}-{shard:04}-{node:03}" for shard in range(1, shards + 1) for node in range(1, replicas + 2)]
    ends = {"configurationEndpointAddress": f"clustercfg.{name}.{tail}"}
    if not is_sharded:
        prefix = "master." if values.get("transitEncryptionEnabled") else ""
        ends = {"primaryEndpointAddress": f"{prefix}{name}.{tail}", "readerEndpointAddress": f"replica.{name}.{tail}"}
    return {"memberClusters": members, "clusterEnabled": is_sharded, "port": values.get("port") or 6379, **ends}


def _cache_region(mint: Mint) -> str:
    """ElastiCache's short name of a Region: `euw1`."""
    return zone_id(f"{mint.region}a").split("-")[0]


def _serverless_cache(_: Mapping[str, Any], mint: Mint, __: Directory) -> Properties:
    address = mint.text("{name}-{low6}.serverless.") + f"{_cache_region(mint)}.cache.amazonaws.com"
    return {
        "endpoints": [{"address": address, "port": 6379}],
        "readerEndpoints": [{"address": address, "port": 6380}],
    }


def _subnet_group(values: Mapping[str, Any], mint: Mint, directory: Directory) -> Properties:
    subnets = list(values.get("subnetIds") or ())
    first = directory.named(str(subnets[0]), account=mint.account, region=mint.region) if subnets else None
    return {"vpcId": str(first.inputs.get("vpcId", "")) if first else ""}


def _function(values: Mapping[str, Any], _: Mint, __: Directory) -> Properties:
    return {"version": "1"} if values.get("publish") else {}


def _authority(_: Mapping[str, Any], mint: Mint, __: Directory) -> Properties:
    return {"certificateSigningRequest": _pem("CERTIFICATE REQUEST", mint)}


def _issued(_: Mapping[str, Any], mint: Mint, __: Directory) -> Properties:
    # A certificate that signs itself has no chain.
    return {"certificate": _pem("CERTIFICATE", mint), "certificateChain": ""}


def _pem(kind: str, mint: Mint) -> str:
    """A text in PEM form whose content says that it is made up."""
    text = b64encode(f"made up by offline AWS for {mint.arn}".encode()).decode()
    return f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----"


def _email_identity(values: Mapping[str, Any], mint: Mint, _: Directory) -> Properties:
    """Tokens of Easy DKIM, for a domain (https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html)."""
    if "@" in str(values.get("emailIdentity")):
        return {"identityType": "EMAIL_ADDRESS"}
    length = (values.get("dkimSigningAttributes") or {}).get("nextSigningKeyLength", "RSA_2048_BIT")
    signing = {
        "currentSigningKeyLength": length,
        "nextSigningKeyLength": length,
        "lastKeyGenerationTimestamp": mint.text("{now}"),
        "signingAttributesOrigin": "AWS_SES",
        "status": "PENDING",
        "tokens": [alphabet_text(f"{mint.account}{values.get('emailIdentity')}{n}", _LETTERS, 32) for n in range(3)],
    }
    return {"dkimSigningAttributes": signing}


_MAKERS: Mapping[str, _Outputs] = {
    cloud_control.KIND: lambda values, mint, _: cloud_control.outputs(values, mint),
    "sesv2/emailIdentity": _email_identity,
    "acmpca/certificate": _issued,
    "acmpca/certificateAuthority": _authority,
    "cloudformation/stack": lambda values, mint, _: stacks.outputs(values, mint),
    "ec2/vpc": _vpc,
    "ec2/subnet": _subnet,
    "ec2/defaultSecurityGroup": _default_group,
    "ec2/defaultRouteTable": _default_routes,
    "ec2/defaultNetworkAcl": _default_acl,
    "ec2/vpcEndpoint": _endpoint,
    "networkfirewall/firewall": _firewall,
    "opensearch/serverlessCollection": _collection,
    "lb/loadBalancer": _load_balancer,
    "acm/certificate": _certificate,
    "route53/zone": _zone,
    "route53/record": _record,
    "dynamodb/table": _table,
    "elasticache/replicationGroup": _replication_group,
    "elasticache/serverlessCache": _serverless_cache,
    "dax/subnetGroup": _subnet_group,
    "elasticache/subnetGroup": _subnet_group,
    "rds/subnetGroup": _subnet_group,
    "lambda/function": _function,
}
