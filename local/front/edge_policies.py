"""CloudFront's policies as deployed: what a behaviour forwards to the origin, and what it sets in responses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.errors import LocalError
from local.front.messages import Answer, Call, Pairs, having, without
from local.state import Deployed, Resource

_CACHE: Final = "aws:cloudfront/cachePolicy:CachePolicy"
_REQUEST: Final = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
_RESPONSE: Final = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
_FUNCTION: Final = "aws:cloudfront/function:Function"
# The one thing that functions of this distribution do; anything else would need CloudFront's JavaScript runtime.
_SETS_ADDRESS: Final = re.compile(
    r"function handler\(event\) \{\s*var request = event\.request;"
    r"\s*request\.headers\['([a-z0-9-]+)'\] = \{ value: event\.viewer\.ip \};\s*return request;\s*\}\s*"
)


@dataclass(frozen=True)
class Choice:
    """Which names (of headers, cookies, parameters) are forwarded."""

    mode: str
    """`none`, `all`, `only` or `except`."""
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        match self.mode:
            case "all":
                return True
            case "only":
                return name in self.names
            case "except":
                return name not in self.names
        return False


_NONE: Final = Choice("none")
_ALL: Final = Choice("all")
_MODES: Final = {
    "none": "none",
    "all": "all",
    "whitelist": "only",
    "allExcept": "except",
    "allViewer": "all",
    "allViewerAndWhitelistCloudFront": "all",
}


@dataclass(frozen=True)
class Forwarding:
    """What a cache policy or an origin request policy forwards."""

    headers: Choice = _NONE
    cookies: Choice = _NONE
    query: Choice = _NONE
    added: frozenset[str] = frozenset()
    """Headers that CloudFront adds, in lower case."""


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_MANAGED: Final = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": Forwarding(),  # CachingOptimized
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": Forwarding(),  # CachingDisabled
    "216adef6-5c7f-47e4-b989-5492eafa07d3": Forwarding(_ALL, _ALL, _ALL),  # AllViewer
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": Forwarding(Choice("except", frozenset(("host",))), _ALL, _ALL),
}


def forwarding(deployed: Deployed, policy_id: str) -> Forwarding:
    """What a policy forwards, by its id.

    Raises:
        LocalError: neither the state nor AWS's managed policies that are known here have it.
    """
    if policy_id in _MANAGED:
        return _MANAGED[policy_id]
    found = [one for token in (_CACHE, _REQUEST) for one in deployed.of_type(token) if one.id == policy_id]
    if not found:
        raise LocalError(f"policy {policy_id} of a cache behaviour must be in the state or one of {sorted(_MANAGED)}")
    return _custom(found[0])


def _custom(policy: Resource) -> Forwarding:
    given = policy.outputs.get("parametersInCacheKeyAndForwardedToOrigin") or policy.outputs
    headers = _choice(policy, given["headersConfig"], "header", lower=True)
    added = frozenset(name for name in headers.names if name.startswith("cloudfront-"))
    return Forwarding(
        headers,
        _choice(policy, given["cookiesConfig"], "cookie"),
        _choice(policy, given["queryStringsConfig"], "queryString"),
        added,
    )


def _choice(policy: Resource, config: Mapping[str, Any], kind: str, *, lower: bool = False) -> Choice:
    mode = config[f"{kind}Behavior"]
    if mode not in _MODES:
        raise LocalError(f"{kind} behaviour of policy {policy.name} must be one of {sorted(_MODES)}; found {mode}")
    items = (config.get(f"{kind}s") or {}).get("items") or ()
    return Choice(_MODES[mode], frozenset(item.lower() if lower else item for item in items))


@dataclass(frozen=True)
class OriginRequest:
    """The request that CloudFront makes from the viewer's, by both policies of a behaviour."""

    policies: tuple[Forwarding, ...]

    def of(self, call: Call, host: str) -> Call:
        """
        Args:
            host: Of the origin; the origin gets the viewer's instead where a policy forwards `Host`.
        """
        kept = tuple(pair for pair in call.headers if pair[0] != "cookie" and self._takes("headers", pair[0]))
        if not self._takes("headers", "host"):
            kept = having(kept, {"host": host})
        if not self._takes("headers", "user-agent"):
            kept = having(kept, {"user-agent": "Amazon CloudFront"})
        cookies = "; ".join(cookie for cookie in self._cookies(call))
        if cookies:
            kept = having(kept, {"cookie": cookies})
        query = "&".join(
            part for part in call.query.split("&") if part and self._takes("query", part.partition("=")[0])
        )
        known = {"cloudfront-forwarded-proto": "https", "cloudfront-viewer-address": f"{call.client}:0"}
        added = {name: known[name] for policy in self.policies for name in policy.added if name in known}
        before = call.header("x-forwarded-for")
        passed = {
            "via": "1.1 local (CloudFront)",
            "x-forwarded-for": f"{before},{call.client}" if before else call.client,
        }
        headers = having(without(kept, ("x-forwarded-proto",)), {**added, **passed})
        return Call(
            method=call.method, target=call.target, query=query, headers=headers, body=call.body, client=call.client
        )

    def _takes(self, part: str, name: str) -> bool:
        return any(getattr(policy, part).takes(name) for policy in self.policies)

    def _cookies(self, call: Call) -> list[str]:
        sent = [cookie.strip() for name, value in call.headers if name == "cookie" for cookie in value.split(";")]
        return [cookie for cookie in sent if cookie and self._takes("cookies", cookie.partition("=")[0])]


def viewer_function(deployed: Deployed, arn: str) -> Callable[[Call], Call]:
    """What a CloudFront function does to a request.

    Raises:
        LocalError: the function does anything but set one header to the viewer's address.
    """
    code = next((one.outputs["code"] for one in deployed.of_type(_FUNCTION) if one.arn == arn), "")
    found = _SETS_ADDRESS.fullmatch(code)
    if found is None:
        raise LocalError(
            f"the CloudFront function {arn} must do nothing but set a header to the viewer's address: other code needs"
            " CloudFront's JavaScript runtime, which the run lacks"
        )
    header = found[1]
    return lambda call: call.with_headers({header: call.client})


class ResponseHeaders:
    """A response headers policy."""

    def __init__(self, deployed: Deployed, policy_id: str) -> None:
        """
        Raises:
            LocalError: the state does not have the policy.
        """
        found = [policy for policy in deployed.of_type(_RESPONSE) if policy.id == policy_id]
        if not found:
            raise LocalError(f"response headers policy {policy_id} must be in the state")
        given = found[0].outputs
        self._removed = [item["header"].lower() for item in _items(given, "removeHeadersConfig")]
        self._set = [
            *_security_headers(given.get("securityHeadersConfig") or {}),
            *(
                (item["header"].lower(), item["value"], item["override"])
                for item in _items(given, "customHeadersConfig")
            ),
        ]
        self._cors = given.get("corsConfig") or {}

    def apply(self, answer: Answer, origin: str | None) -> Answer:
        """
        Args:
            origin: `Origin` of the request.
        """
        headers: Pairs = without(answer.headers, self._removed)
        for name, value, override in (*self._set, *self._cors_headers(origin)):
            if override or not any(name == present for present, _ in headers):
                headers = having(headers, {name: value})
        return Answer(status=answer.status, headers=headers, body=answer.body)

    def _cors_headers(self, origin: str | None) -> list[tuple[str, str, bool]]:
        if not self._cors or origin is None:
            return []
        origins = self._cors["accessControlAllowOrigins"]["items"]
        if "*" not in origins and origin not in origins:
            return []
        override = bool(self._cors["originOverride"])
        allowed = {
            "access-control-allow-origin": "*" if "*" in origins else origin,
            "access-control-allow-methods": ", ".join(self._cors["accessControlAllowMethods"]["items"]),
            "access-control-allow-headers": ", ".join(self._cors["accessControlAllowHeaders"]["items"]),
        }
        return [(name, value, override) for name, value in allowed.items()]


def _items(given: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    return list((given.get(section) or {}).get("items") or ())


def _security_headers(given: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    found: list[tuple[str, str, bool]] = []
    if (hsts := given.get("strictTransportSecurity")) is not None:
        value = f"max-age={int(hsts['accessControlMaxAgeSec'])}"
        value += "; includeSubDomains" if hsts.get("includeSubdomains") else ""
        value += "; preload" if hsts.get("preload") else ""
        found.append(("strict-transport-security", value, hsts["override"]))
    if (policy := given.get("contentSecurityPolicy")) is not None:
        found.append(("content-security-policy", _by_http(policy["contentSecurityPolicy"]), policy["override"]))
    if (options := given.get("contentTypeOptions")) is not None:
        found.append(("x-content-type-options", "nosniff", options["override"]))
    if (frame := given.get("frameOptions")) is not None:
        found.append(("x-frame-options", frame["frameOption"], frame["override"]))
    if (referrer := given.get("referrerPolicy")) is not None:
        found.append(("referrer-policy", referrer["referrerPolicy"], referrer["override"]))
    return found


def _by_http(policy: str) -> str:
    """The policy without `upgrade-insecure-requests`: a browser would ask this server by HTTPS after a redirect, and it
    has none."""
    directives = [directive.strip() for directive in policy.split(";")]
    return "; ".join(one for one in directives if one and one.lower() != "upgrade-insecure-requests")
