"""CloudFront as deployed: web ACL, cache behaviours, origins, error responses and headers. Nothing is cached."""

import json
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from local.errors import LocalError
from local.front.balancer import Balancer, pattern
from local.front.edge_policies import OriginRequest, ResponseHeaders, forwarding, viewer_function
from local.front.messages import MAX_BODY, Answer, Call, Handler, Unreachable
from local.front.web_acl import WebAcl
from local.journal import Journal
from local.judge import Judge
from local.state import Deployed, Resource

_DISTRIBUTION: Final = "aws:cloudfront/distribution:Distribution"
_SERVICE: Final = "cloudfront.amazonaws.com"
_HTTPS: Final = 443
_READ_TIMEOUT: Final = 30.0
"""Seconds; CloudFront's default."""


class Objects(Protocol):
    """Buckets of the run."""

    async def get(self, bucket: str, key: str, *, head: bool) -> Answer | None:
        """An object with its headers; None if there is none."""
        ...


@dataclass(frozen=True)
class _Behaviour:
    path: Callable[[str], bool]
    methods: frozenset[str]
    origin: str
    functions: tuple[Callable[[Call], Call], ...]
    request: OriginRequest
    headers: ResponseHeaders | None


@dataclass(frozen=True)
class _Origin:
    host: str
    answer: Handler
    headers: Mapping[str, str]
    """Custom headers, in lower case."""
    path: str
    bucket: str | None


class Edge:
    """Answers the viewers of the distribution.

    The laptop has no TLS: the listener stands for the one that CloudFront offers over HTTPS.
    """

    def __init__(
        self,
        deployed: Deployed,
        *,
        balancer: Callable[[str], Balancer],
        api: Handler,
        objects: Objects,
        judge: Judge,
        journal: Journal,
        hosts: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            balancer: Load balancer by its ARN.
            api: Answers requests to the API's own host.
            hosts: Values of `Host` that the store is reached by on this machine, beside the distribution's aliases.

        Raises:
            LocalError: the distribution has a part that is not known here.
        """
        self._deployed, self._balancer, self._api = deployed, balancer, api
        self._objects, self._judge, self._journal = objects, judge, journal
        (self._distribution,) = deployed.of_type(_DISTRIBUTION)
        given = self._distribution.outputs
        self._hosts = {host.lower() for host in (*hosts, *(given.get("aliases") or ()))}
        self._root = given.get("defaultRootObject") or ""
        acl = given.get("webAclId")
        self.web_acl = WebAcl(deployed, acl, journal=journal, clock=clock) if acl else None
        self._origins = {origin["originId"]: self._origin(origin) for origin in given["origins"]}
        for group in given.get("originGroups") or ():
            self._origins[group["originId"]] = _either(group, self._origins)
        self._behaviours = [*map(self._behaviour, given.get("orderedCacheBehaviors") or ())]
        self._behaviours.append(self._behaviour({"pathPattern": "*", **given["defaultCacheBehavior"]}))
        self._errors = {int(entry["errorCode"]): entry for entry in given.get("customErrorResponses") or ()}

    async def answer(self, call: Call) -> Answer:
        """The distribution's answer to a viewer."""
        if len(call.body) > MAX_BODY:
            return _error(413, "The request is too large.")
        if (call.header("host") or "").lower() not in self._hosts:
            return _error(403, "This distribution does not serve the host of your request.")
        refusal = None if self.web_acl is None else self.web_acl.refusal(call)
        if refusal is not None:
            return refusal
        if call.target == "/" and self._root:
            call = replace(call, target=f"/{self._root}")
        behaviour = self._behaviour_of(call)
        if call.method not in behaviour.methods:
            answer = _error(403, "This distribution is not configured to allow the HTTP request method.")
        else:
            answer = await self._with_error_page(await self._ask(behaviour, call), call)
        if behaviour.headers is not None:
            answer = behaviour.headers.apply(answer, call.header("origin"))
        passed = (("via", "1.1 local (CloudFront)"), ("x-cache", "Miss from cloudfront"), ("x-amz-cf-id", _id()))
        return replace(answer, headers=(*answer.headers, *passed))

    def _behaviour_of(self, call: Call) -> _Behaviour:
        return next(behaviour for behaviour in self._behaviours if behaviour.path(call.target))

    async def _ask(self, behaviour: _Behaviour, call: Call) -> Answer:
        for function in behaviour.functions:
            call = function(call)
        origin = self._origins[behaviour.origin]
        request = behaviour.request.of(call, origin.host).with_headers(origin.headers)
        answer = await origin.answer(replace(request, target=origin.path + request.target))
        self._journal.event("edge.answered", origin=behaviour.origin, method=call.method, status=answer.status)
        return answer

    async def _with_error_page(self, answer: Answer, call: Call) -> Answer:
        entry = self._errors.get(answer.status, {})
        page_path = entry.get("responsePagePath")
        if not page_path:
            return answer
        request = Call(target=page_path, headers=(("host", call.header("host") or ""),), client=call.client)
        page = await self._ask(self._behaviour_of(request), request)
        if page.status != 200:
            return answer
        return replace(page, status=int(entry.get("responseCode") or answer.status))

    def _behaviour(self, given: Mapping[str, Any]) -> _Behaviour:
        wanted = given["pathPattern"]
        # A leading slash is optional (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html).
        path = pattern(wanted if wanted.startswith(("/", "*")) else f"/{wanted}")
        if given["targetOriginId"] not in self._origins:
            raise LocalError(f"cache behaviour {wanted} must name an origin of the distribution")
        functions = given.get("functionAssociations") or ()
        if any(one["eventType"] != "viewer-request" for one in functions) or given.get("lambdaFunctionAssociations"):
            raise LocalError(f"cache behaviour {wanted} must have functions of viewer requests only")
        policies = (given.get("cachePolicyId"), given.get("originRequestPolicyId"))
        headers = given.get("responseHeadersPolicyId")
        return _Behaviour(
            lambda target: path.fullmatch(target) is not None,
            frozenset(given["allowedMethods"]),
            given["targetOriginId"],
            tuple(viewer_function(self._deployed, one["functionArn"]) for one in functions),
            OriginRequest(tuple(forwarding(self._deployed, policy) for policy in policies if policy)),
            ResponseHeaders(self._deployed, headers) if headers else None,
        )

    def _origin(self, given: Mapping[str, Any]) -> _Origin:
        host = given["domainName"]
        headers = {header["name"].lower(): header["value"] for header in given.get("customHeaders") or ()}
        bucket = self._bucket(host)
        reader = None if bucket is None else self._reader(bucket.outputs["bucket"], bucket.arn)
        answer = reader or self._load_balancer(given) or self._rest_api(host)
        if answer is None:
            raise LocalError(
                f"origin {given['originId']} must be a bucket, a load balancer or the API of the state; found {host}"
            )
        name = None if bucket is None else bucket.outputs["bucket"]
        return _Origin(host, answer, headers, given.get("originPath") or "", name)

    def _bucket(self, host: str) -> Resource | None:
        buckets = self._deployed.of_type("aws:s3/bucket:Bucket")
        names = ("bucketRegionalDomainName", "bucketDomainName")
        return next((one for one in buckets if host in [one.outputs.get(name) for name in names]), None)

    def _reader(self, bucket: str, arn: str) -> Handler:
        source = {"aws:SourceArn": self._distribution.arn, "aws:SourceAccount": self._deployed.account_id}
        # Only who may list a bucket is told that a key does not exist
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
        missing = (404, "NoSuchKey") if _may_list(self._deployed, bucket) else (403, "AccessDenied")

        async def read(call: Call) -> Answer:
            key = call.path.removeprefix("/")
            if call.method not in ("GET", "HEAD"):
                return _s3_error(403, "AccessForbidden")
            if not self._judge(_SERVICE, "s3:GetObject", f"{arn}/{key}", source).allowed:
                return _s3_error(403, "AccessDenied")
            try:
                found = await self._objects.get(bucket, key, head=call.method == "HEAD")
            except Unreachable:
                return _error(502, "The bucket does not answer.")
            return found or _s3_error(*missing)

        return read

    def _load_balancer(self, given: Mapping[str, Any]) -> Handler | None:
        arn = _balancer_arn(self._deployed, given)
        if arn is None:
            return None
        balancer = self._balancer(arn)
        config = given.get("vpcOriginConfig") or given.get("customOriginConfig") or {}
        timeout = float(config.get("originReadTimeout") or _READ_TIMEOUT)
        rule = _rule_for_prefix_list(self._deployed, balancer)

        async def ask(call: Call) -> Answer:
            why = rule or "no ingress rule of its security groups admits a prefix list"
            self._journal.connection("cloudfront", balancer.name, _HTTPS, bool(rule), why)
            return await balancer.answer(call, timeout=timeout) if rule else _error(504, "The origin did not answer.")

        return ask

    def _rest_api(self, host: str) -> Handler | None:
        domains = self._deployed.of_type("aws:apigateway/domainName:DomainName")
        return self._api if host in [domain.outputs["domainName"] for domain in domains] else None


def _balancer_arn(deployed: Deployed, origin: Mapping[str, Any]) -> str | None:
    vpc_origin = (origin.get("vpcOriginConfig") or {}).get("vpcOriginId")
    for found in deployed.of_type("aws:cloudfront/vpcOrigin:VpcOrigin"):
        if found.id == vpc_origin:
            return found.outputs["vpcOriginEndpointConfig"]["arn"]
    for found in deployed.of_type("aws:lb/loadBalancer:LoadBalancer"):
        if found.outputs["dnsName"] == origin["domainName"]:
            return found.arn
    return None


def _rule_for_prefix_list(deployed: Deployed, balancer: Balancer) -> str | None:
    """Rule by which CloudFront reaches it, whose prefix list the state names by its id only; None if there is none."""
    admitting = (
        rule.name
        for rule in deployed.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.outputs["securityGroupId"] in balancer.groups
        and rule.outputs.get("prefixListId")
        and int(rule.outputs["fromPort"]) <= balancer.port <= int(rule.outputs["toPort"])
    )
    return next(admitting, None)


def _either(group: Mapping[str, Any], origins: Mapping[str, _Origin]) -> _Origin:
    """The first member of an origin group, and the second where the first fails."""
    first, second = (origins[member["originId"]] for member in group["members"])
    statuses = {int(code) for code in group["failoverCriteria"]["statusCodes"]}

    async def ask(call: Call) -> Answer:
        answer = await first.answer(call)
        retried = answer.status in statuses and call.method in ("GET", "HEAD", "OPTIONS")
        return await second.answer(call.with_headers({"host": second.host})) if retried else answer

    return replace(first, answer=ask)


def _error(status: int, why: str) -> Answer:
    head = "<!doctype html>\n<html lang=en><title>ERROR: The request could not be satisfied</title>"
    return Answer.text(status, f"{head}\n<h1>{status} ERROR</h1>\n<p>{why}</p>\n", "text/html", server="CloudFront")


def _may_list(deployed: Deployed, bucket: str) -> bool:
    """Whether the bucket's policy lets CloudFront list it."""
    policies = deployed.of_type("aws:s3/bucketPolicy:BucketPolicy")
    statements = [
        statement
        for policy in policies
        if policy.outputs["bucket"] == bucket
        for statement in json.loads(policy.outputs["policy"])["Statement"]
    ]
    return any(
        statement["Effect"] == "Allow"
        and _SERVICE in json.dumps(statement.get("Principal"))
        and "s3:ListBucket" in json.dumps(statement.get("Action"))
        for statement in statements
    )


def _s3_error(status: int, code: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Answer.text(status, text, "application/xml", server="AmazonS3")


def _id() -> str:
    return secrets.token_urlsafe(24)
