"""Functions (`aws.get_...`): fixed facts of AWS, and look-ups of resources in the simulated cloud."""

from collections.abc import Callable, Mapping
from typing import Any

from offline.aws.cloud import Cloud, Resource
from offline.aws.config import ProviderSettings
from offline.aws.lookups import LOOKUPS, PLURALS, SHAPES, down
from offline.aws.minting import alphabet_text
from offline.aws.policy_document import policy_document
from offline.aws.regions import (
    LOAD_BALANCER_ACCOUNTS,
    LOAD_BALANCER_ZONES,
    description,
    managed_prefix_list,
    partition_of,
    region_names,
    zone_id,
    zones,
)
from offline.aws.registry import registry_token
from offline.aws.relations import RefusedError
from offline.schema import all_tokens
from offline.wire import Properties, Secret, plain

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html and its sisters.
_CLOUDFRONT_POLICIES: Mapping[str, str] = {
    "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "Managed-CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Managed-Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "Managed-Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
    "Managed-UserAgentRefererHeaders": "acba4595-bd28-49b8-b9fe-13317c0390fa",
    "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "Managed-CORS-CustomOrigin": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "Managed-SimpleCORS": "60669652-455b-4ae9-85a4-c4c02393f86c",
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
_LOG_DELIVERY = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html
_BILLING_ACCOUNT = "386209384616"
_HEX = "0123456789abcdef"
# Names of EC2's filters -> property; `tag:x` is known too.
_FILTERS: Mapping[str, str] = {
    "vpc-id": "vpcId",
    "subnet-id": "id",
    "group-id": "id",
    "group-name": "name",
    "availability-zone": "availabilityZone",
    "cidr": "cidrBlock",
    "cidr-block": "cidrBlock",
}


class UnknownInvokeError(Exception):
    """A function that offline AWS does not simulate."""


class Invokes:
    """The functions of one provider."""

    def __init__(self, cloud: Cloud, settings: ProviderSettings) -> None:
        self._cloud, self._settings = cloud, settings

    def answer(self, token: str, arguments: Properties) -> Properties:
        """The result of a function such as `aws:index/getRegion:getRegion`.

        Raises:
            UnknownInvokeError: not simulated.
            RefusedError: no resource, or more than one, matches the arguments.
        """
        name = token.split(":")[1]
        given = {key: value for key, value in plain(arguments).items() if value is not None}
        region = str(given.get("region") or self._settings.region)
        make = _FIXED.get(name)
        found = make(given, region, self._settings.account) if make else None
        if found is None and name in PLURALS:
            found = self._many(PLURALS[name], given, region)
        if found is None:
            found = self._one(token, name, given, region)
        return {"region": region, **found}

    def _one(self, token: str, name: str, given: Properties, region: str) -> Properties:
        resource_token, renamed = LOOKUPS.get(name) or (_resource_token(token), {})
        if resource_token not in all_tokens():
            raise UnknownInvokeError(f"the function {token} is not simulated; add it to offline/aws/invokes.py")
        wanted = {renamed.get(key, key): value for key, value in given.items() if key != "region"}
        found = [item for item in self._here(resource_token, region) if _fits(item, wanted)]
        wording = _shown(given)
        if not found:
            raise RefusedError(f"{token}: no resource in account {self._settings.account}, {region} matches {wording}")
        distinct = {item.id for item in found}
        if len(distinct) > 1:
            raise RefusedError(f"{token}: {len(distinct)} resources match {wording}: {', '.join(sorted(distinct))}")
        result = found[-1]
        shape = SHAPES.get(name)
        up = not self._cloud.noted(down(result.token, result.id))
        outputs = shape(result.outputs, up) if shape else result.outputs
        answer = {**given, **outputs, "id": result.id}
        if name.startswith("ssm/getParameter") and given.get("withDecryption") is not False:
            answer["value"] = Secret(plain(answer.get("value")))
        return answer

    def _many(self, resource_token: str, given: Properties, region: str) -> Properties:
        found = [item.id for item in self._here(resource_token, region) if _fits(item, given)]
        return {**given, "id": region, "ids": sorted(found)}

    def _here(self, token: str, region: str) -> list[Resource]:
        everything = self._cloud.all(token, account=self._settings.account)
        return [item for item in everything if item.region in {region, ""}]


def _resource_token(token: str) -> str:
    """`aws:kms/getAlias:getAlias` looks up `aws:kms/alias:Alias`."""
    module, name = token.split(":")[1].split("/")
    kind = name.removeprefix("get")
    return f"aws:{module}/{kind[:1].lower()}{kind[1:]}:{kind}"


def _fits(item: Resource, wanted: Mapping[str, Any]) -> bool:
    values = {**plain(item.outputs), "id": item.id}
    for key, value in wanted.items():
        if key == "filters":
            if not all(_fits_filter(values, entry) for entry in value):
                return False
        elif key == "tags":
            tags = values.get("tagsAll") or values.get("tags") or {}
            if any(tags.get(tag) != text for tag, text in value.items()):
                return False
        elif key in values and not _equal(key, values[key], value, values):
            return False
    return True


def _equal(key: str, actual: Any, value: Any, values: Mapping[str, Any]) -> bool:
    if key == "name":  # a trailing dot makes no difference to DNS
        return str(actual).rstrip(".") == str(value).rstrip(".")
    if key in {"keyId", "secretId"}:
        return value in {actual, values.get("arn"), values["id"]}
    return actual == value


def _fits_filter(values: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    name, allowed = entry["name"], entry["values"]
    if name.startswith("tag:"):
        return (values.get("tagsAll") or values.get("tags") or {}).get(name.removeprefix("tag:")) in allowed
    if name not in _FILTERS:
        raise RefusedError(f"the filter must be one of {', '.join(sorted(_FILTERS))}, tag:<key>; received '{name}'")
    return values.get(_FILTERS[name]) in allowed


def _shown(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in sorted(given.items())) or "no arguments"


def _zones(given: Properties, region: str, _: str) -> Properties:
    left_out = {*given.get("excludeNames", ()), *given.get("excludeZoneIds", ())}
    names = [zone for zone in zones(region) if not {zone, zone_id(zone)} & left_out]
    ids = [zone_id(zone) for zone in names]
    return {**given, "id": region, "names": names, "zoneIds": ids, "groupNames": [f"{region}-zg-1"]}


def _zone(given: Properties, region: str, _: str) -> Properties:
    name = given.get("name") or next((zone for zone in zones(region) if zone_id(zone) == given.get("zoneId")), "")
    if name not in zones(region):
        raise RefusedError(f"no Availability Zone of {region} matches {_shown(given)}")
    return {
        **given,
        "id": name,
        "name": name,
        "nameSuffix": name[-1],
        "zoneId": zone_id(name),
        "state": "available",
        "zoneType": "availability-zone",
        "groupName": f"{region}-zg-1",
        "networkBorderGroup": region,
        "optInStatus": "opt-in-not-required",
        "parentZoneId": "",
        "parentZoneName": "",
    }


def _identity(_: Properties, region: str, account: str) -> Properties:
    arn = f"arn:{partition_of(region)}:iam::{account}:user/offline"
    return {
        "id": account,
        "accountId": account,
        "arn": arn,
        "userId": "AIDA" + alphabet_text(account, _HEX, 17).upper(),
    }


def _region(given: Properties, region: str, _: str) -> Properties:
    name = str(given.get("name") or region)
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": description(name),
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def _regions(given: Properties, region: str, _: str) -> Properties:
    return {**given, "id": partition_of(region), "names": region_names()}


def _partition(_: Properties, region: str, __: str) -> Properties:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    partition = partition_of(region)
    return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def _prefix_list(given: Properties, region: str, _: str) -> Properties | None:
    names = [
        "com.amazonaws.global.cloudfront.origin-facing",
        f"com.amazonaws.{region}.s3",
        f"com.amazonaws.{region}.dynamodb",
    ]
    lists = {name: str(managed_prefix_list(name, region)) for name in names}
    asked = [
        item for entry in given.get("filters", ()) if entry["name"] == "prefix-list-name" for item in entry["values"]
    ]
    wanted = {given.get("name"), given.get("id"), given.get("prefixListId"), *asked} - {None}
    for name, identifier in lists.items():
        if {name, identifier} & wanted:
            arn = f"arn:{partition_of(region)}:ec2:{region}:aws:prefix-list/{identifier}"
            return {
                "id": identifier,
                "name": name,
                "arn": arn,
                "addressFamily": "IPv4",
                "entries": [],
                "maxEntries": 0,
                "ownerId": "AWS",
                "tags": {},
                "version": 0,
                "prefixListId": identifier,
                "cidrBlocks": ["52.218.0.0/17"],
            }
    return None


def _cloudfront_policy(given: Properties, _: str, __: str) -> Properties | None:
    name = given.get("name") or next(
        (key for key, value in _CLOUDFRONT_POLICIES.items() if value == given.get("id")), ""
    )
    found = _CLOUDFRONT_POLICIES.get(name)
    return (
        {
            "id": found,
            "name": name,
            "etag": "E23ZP02F085DFQ",
            "arn": f"arn:aws:cloudfront::aws:policy/{found}",
            "comment": "",
        }
        if found
        else None
    )


def _load_balancer_account(_: Properties, region: str, __: str) -> Properties:
    if region not in LOAD_BALANCER_ACCOUNTS:
        raise RefusedError(
            f"{region} has no account of Elastic Load Balancing: use the service principal "
            "logdelivery.elasticloadbalancing.amazonaws.com"
        )
    account = LOAD_BALANCER_ACCOUNTS[region]
    return {"id": account, "arn": f"arn:{partition_of(region)}:iam::{account}:root"}


def _billing_account(_: Properties, region: str, __: str) -> Properties:
    return {"id": _BILLING_ACCOUNT, "arn": f"arn:{partition_of(region)}:iam::{_BILLING_ACCOUNT}:root"}


def _load_balancer_zone(given: Properties, region: str, _: str) -> Properties:
    return {**given, "id": LOAD_BALANCER_ZONES.get(region, "Z" + alphabet_text(region, _HEX, 13).upper())}


def _principal(given: Properties, region: str, _: str) -> Properties:
    name = given["serviceName"]
    return {**given, "id": f"{name}.{region}.amazonaws.com", "name": f"{name}.amazonaws.com", "suffix": "amazonaws.com"}


def _service(given: Properties, region: str, _: str) -> Properties:
    service = given.get("serviceId") or str(given.get("dnsName") or given.get("reverseDnsName")).split(".")[-1]
    dns = f"{service}.{region}.amazonaws.com"
    return {
        "id": dns,
        "dnsName": dns,
        "partition": partition_of(region),
        "reverseDnsName": f"com.amazonaws.{region}.{service}",
        "reverseDnsPrefix": "com.amazonaws",
        "serviceId": service,
        "supported": True,
    }


def _arn(given: Properties, _: str, __: str) -> Properties:
    parts = str(given["arn"]).split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise RefusedError(f"'{given['arn']}' is not an ARN")
    return {
        "arn": given["arn"],
        "id": given["arn"],
        "partition": parts[1],
        "service": parts[2],
        "region": parts[3],
        "account": parts[4],
        "resource": parts[5],
    }


def _managed_alias(given: Properties, region: str, account: str) -> Properties | None:
    name = str(given.get("name", ""))
    if not name.startswith("alias/aws/"):
        return None
    digits = alphabet_text(f"{account}{region}{name}", _HEX, 32)
    key = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    place = f"arn:{partition_of(region)}:kms:{region}:{account}"
    return {
        "id": f"{place}:{name}",
        "arn": f"{place}:{name}",
        "name": name,
        "targetKeyId": key,
        "targetKeyArn": f"{place}:key/{key}",
    }


def _public_parameter(given: Properties, region: str, _: str) -> Properties | None:
    """The parameters under /aws/service that AWS publishes: images have an id, other values are texts."""
    name = str(given.get("name", ""))
    if not name.startswith("/aws/service/"):
        return None
    value = f"ami-0{alphabet_text(region + name, _HEX, 16)}" if "ami" in name else alphabet_text(name, _HEX, 12)
    arn = f"arn:{partition_of(region)}:ssm:{region}::parameter{name}"
    return {
        **given,
        "id": name,
        "arn": arn,
        "type": "String",
        "value": Secret(value),
        "insecureValue": value,
        "version": 1,
    }


def _user_id(_: Properties, __: str, account: str) -> Properties:
    return {"id": alphabet_text(account, _HEX, 64), "displayName": ""}


_Fixed = Callable[[Properties, str, str], Properties | None]


_FIXED: Mapping[str, _Fixed] = {
    "ecr/getAuthorizationToken": registry_token,
    "index/getAvailabilityZones": _zones,
    "index/getAvailabilityZone": _zone,
    "index/getCallerIdentity": _identity,
    "index/getRegion": _region,
    "index/getRegions": _regions,
    "index/getPartition": _partition,
    "index/getServicePrincipal": _principal,
    "index/getService": _service,
    "index/getArn": _arn,
    "index/getBillingServiceAccount": _billing_account,
    "ec2/getPrefixList": _prefix_list,
    "ec2/getManagedPrefixList": _prefix_list,
    "cloudfront/getCachePolicy": _cloudfront_policy,
    "cloudfront/getOriginRequestPolicy": _cloudfront_policy,
    "cloudfront/getResponseHeadersPolicy": _cloudfront_policy,
    "cloudfront/getLogDeliveryCanonicalUserId": lambda _, __, ___: {"id": _LOG_DELIVERY},
    "elb/getServiceAccount": _load_balancer_account,
    "elb/getHostedZoneId": _load_balancer_zone,
    "lb/getHostedZoneId": _load_balancer_zone,
    "s3/getCanonicalUserId": _user_id,
    "iam/getPolicyDocument": lambda given, _, __: policy_document(given),
    "kms/getAlias": _managed_alias,
    "ssm/getParameter": _public_parameter,
}
