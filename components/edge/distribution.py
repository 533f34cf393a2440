"""The CloudFront distribution: origins, behaviours, and the maintenance page as error response."""

from collections.abc import Sequence
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.origin_secret import MISSING
from components.dns import Dns
from components.edge.failover import PAGE_PATH, FailoverPage
from components.edge.policies import (
    MANAGED_ALL_VIEWER_EXCEPT_HOST,
    MANAGED_CACHING_DISABLED,
    MANAGED_CACHING_OPTIMIZED,
    EdgePolicies,
)
from components.media import Media
from settings.edge import EdgeSettings, VpcOrigin

_Origin = aws.cloudfront.DistributionOriginArgsDict
_Behavior = aws.cloudfront.DistributionOrderedCacheBehaviorArgsDict
_READ = ["GET", "HEAD", "OPTIONS"]
_ALL = [*_READ, "PUT", "POST", "PATCH", "DELETE"]
_TLS = ["TLSv1.2"]
_HTTP_PORT, _HTTPS_PORT = 80, 443
_READ_TIMEOUT_SECONDS = 30
# Every code that CloudFront caches and that can have an entry
# (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html#HTTPStatusCodes-cached-errors).
_CACHED_ERRORS = (400, 403, 404, 405, 414, 500, 501, 502, 503, 504)
NOT_ANSWERED = (502, 503, 504)
_API_KEY_HEADER = "x-api-key"
# Shorter than the load balancer's idle timeout, at least 60 s; otherwise CloudFront would use closed connections.
_KEEPALIVE_SECONDS = 50
_WEB, _MEDIA, _MEDIA_COPY, _MEDIA_EITHER, _MAINTENANCE, _API = (
    "web",
    "media",
    "media-replica",
    "media-or-replica",
    "maintenance",
    "api",
)


class WebOrigin(Protocol):
    """The web tier, as CloudFront needs it."""

    @property
    def load_balancer_arn(self) -> pulumi.Output[str]: ...
    @property
    def load_balancer_dns_name(self) -> pulumi.Output[str]: ...
    @property
    def serving(self) -> pulumi.Resource:
        """Exists while tasks answer behind the load balancer."""
        ...

    @property
    def closed_paths(self) -> Sequence[str]:
        """Paths that nobody may request."""
        ...


class Distribution(StoreComponent):
    """CloudFront in front of media, web tier and API.

    CloudFront forwards the customer's Host header to the web tier and checks the load balancer's certificate against it
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html),
    so that certificate contains the store's host names.

    While the web tier does not answer, CloudFront serves the maintenance page as a custom error response. Error
    responses apply to every origin, so clients of the API get the page with status 503, too (docs/api.md). An origin
    group would not do: it does not support POST, and would send the store's Host header to S3, which answers
    that no such bucket exists
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html). Media
    with a replica in a second Region have an origin group.
    """

    TYPE = "webstore:edge:Distribution"
    OUTPUTS = ("distribution_id", "distribution_arn", "domain_name", "hosted_zone_id")
    distribution_id: pulumi.Output[str]
    distribution_arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    hosted_zone_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeSettings,
        dns: Dns,
        media: Media,
        web: WebOrigin,
        failover: FailoverPage,
        web_acl_arn: pulumi.Input[str],
        origin_secret: pulumi.Input[str] | None,
        api_domain_name: pulumi.Input[str] | None,
        api_key: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._settings = settings
        policies = EdgePolicies(
            f"{name}-policy", settings=settings, media_cors_origins=media.cors_origins, opts=self._inside
        )
        replicated = media.replica_regional_domain_name is not None
        distribution = aws.cloudfront.Distribution(
            name,
            enabled=True,
            comment="Web store",
            aliases=list(dns.host_names.values()),
            default_root_object=settings.default_root_object,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=settings.price_class,
            web_acl_id=web_acl_arn,
            viewer_certificate={
                "acm_certificate_arn": dns.edge_certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": settings.minimum_tls,
            },
            restrictions={
                "geo_restriction": {"restriction_type": "whitelist", "locations": list(settings.markets)}
                if settings.markets
                else {"restriction_type": "none"}
            },
            origins=self._origins(media, web, failover, origin_secret, api_domain_name, api_key),
            origin_groups=[
                {
                    "origin_id": _MEDIA_EITHER,
                    "failover_criteria": {"status_codes": [500, 502, 503, 504]},
                    "members": [{"origin_id": _MEDIA}, {"origin_id": _MEDIA_COPY}],
                }
            ]
            if replicated
            else None,
            default_cache_behavior=_pages(policies),
            ordered_cache_behaviors=self._behaviors(
                policies, media=_MEDIA_EITHER if replicated else _MEDIA, api=api_domain_name is not None
            ),
            custom_error_responses=_error_responses(),
            # A load balancer whose tasks do not answer yet gets no customers.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[web.serving]),
        )
        if settings.realtime_metrics:
            aws.cloudfront.MonitoringSubscription(
                name,
                distribution_id=distribution.id,
                monitoring_subscription={
                    "realtime_metrics_subscription_config": {"realtime_metrics_subscription_status": "Enabled"}
                },
                opts=self._inside,
            )
        self.distribution_id = distribution.id
        self.distribution_arn = distribution.arn
        self.domain_name = distribution.domain_name
        self.hosted_zone_id = distribution.hosted_zone_id
        self._publish()

    def _origins(
        self,
        media: Media,
        web: WebOrigin,
        failover: FailoverPage,
        origin_secret: pulumi.Input[str] | None,
        api_domain_name: pulumi.Input[str] | None,
        api_key: pulumi.Input[str] | None,
    ) -> list[_Origin]:
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-s3",
            description="Web store: signed reads from its buckets",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._inside,
        )

        def bucket(origin_id: str, domain_name: pulumi.Input[str]) -> _Origin:
            return {"origin_id": origin_id, "domain_name": domain_name, "origin_access_control_id": access.id}

        origins = [
            self._shielded(bucket(_MEDIA, media.bucket_regional_domain_name)),
            bucket(_MAINTENANCE, failover.bucket_regional_domain_name),
            self._shielded(self._web_origin(web, origin_secret)),
        ]
        if media.replica_regional_domain_name is not None:
            origins.append(bucket(_MEDIA_COPY, media.replica_regional_domain_name))
        if api_domain_name is not None:
            api: _Origin = {"origin_id": _API, "domain_name": api_domain_name, "custom_origin_config": _https_origin()}
            if api_key is not None:
                api["custom_headers"] = [{"name": _API_KEY_HEADER, "value": pulumi.Output.secret(api_key)}]
            origins.append(api)
        return origins

    def _web_origin(self, web: WebOrigin, secret: pulumi.Input[str] | None) -> _Origin:
        origin = self._settings.origin
        common: _Origin = {"origin_id": _WEB, "domain_name": web.load_balancer_dns_name, "connection_attempts": 2}
        if isinstance(origin, VpcOrigin):
            endpoint = aws.cloudfront.VpcOrigin(
                f"{self._name}-web",
                vpc_origin_endpoint_config={
                    "name": _name_of_origin(web.load_balancer_arn),
                    "arn": web.load_balancer_arn,
                    "http_port": _HTTP_PORT,
                    "https_port": _HTTPS_PORT,
                    "origin_protocol_policy": "https-only",
                    "origin_ssl_protocols": {"items": _TLS, "quantity": len(_TLS)},
                },
                # CloudFront takes up to 15 minutes, and often longer; after the provider's own 15 minutes the state
                # has an origin of which it knows the id only
                # (https://github.com/terraform-aws-modules/terraform-aws-cloudfront/issues/163).
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # CloudFront does not change an origin that a distribution uses, so there is a new one, the
                    # distribution moves to it, and the old one goes last
                    # (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateVpcOrigin.html).
                    replace_on_changes=["vpcOriginEndpointConfig"],
                    custom_timeouts=pulumi.CustomTimeouts(create="45m", update="45m", delete="45m"),
                ),
            )
            return {
                **common,
                "vpc_origin_config": {
                    "vpc_origin_id": endpoint.id,
                    "origin_read_timeout": _READ_TIMEOUT_SECONDS,
                    "origin_keepalive_timeout": _KEEPALIVE_SECONDS,
                },
            }
        if secret is None:
            raise pulumi.RunError(MISSING)
        return {
            **common,
            "custom_origin_config": _https_origin(),
            "custom_headers": [{"name": origin.header_name, "value": pulumi.Output.secret(secret)}],
        }

    def _shielded(self, origin: _Origin) -> _Origin:
        region = self._settings.origin_shield_region
        return (
            origin if region is None else {**origin, "origin_shield": {"enabled": True, "origin_shield_region": region}}
        )

    def _behaviors(self, policies: EdgePolicies, *, media: str, api: bool) -> list[_Behavior]:
        def read_only(path: str, origin: str, cache: pulumi.Input[str], headers: pulumi.Input[str]) -> _Behavior:
            return {
                "path_pattern": path,
                "target_origin_id": origin,
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": _READ,
                "cached_methods": _READ,
                "compress": True,
                "cache_policy_id": cache,
                "response_headers_policy_id": headers,
            }

        def web_assets(path: str) -> _Behavior:
            behavior = read_only(path, _WEB, policies.asset_cache_id, policies.headers_id)
            return {
                **behavior,
                "origin_request_policy_id": policies.asset_request_id,
                "function_associations": [_client_address(policies)],
            }

        maintenance = PAGE_PATH.rsplit("/", 1)[0] + "/*"
        behaviors = [
            read_only(maintenance, _MAINTENANCE, MANAGED_CACHING_OPTIMIZED, policies.headers_id),
            *(
                read_only(path, media, policies.asset_cache_id, policies.media_headers_id)
                for path in self._settings.media_paths
            ),
            *(web_assets(path) for path in self._settings.web_asset_paths),
        ]
        if api:
            behaviors.append(
                {
                    "path_pattern": "/api/*",
                    "target_origin_id": _API,
                    "viewer_protocol_policy": "https-only",
                    "allowed_methods": _ALL,
                    "cached_methods": _READ,
                    "compress": True,
                    "cache_policy_id": MANAGED_CACHING_DISABLED,
                    "origin_request_policy_id": MANAGED_ALL_VIEWER_EXCEPT_HOST,
                    "response_headers_policy_id": policies.headers_id,
                    "function_associations": [_client_address(policies)],
                }
            )
        return behaviors


def _name_of_origin(load_balancer_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Unique in the account, and another one for another load balancer."""
    beginning = in_stack(f"{pulumi.get_project()}-web", limit=47)
    return pulumi.Output.concat(
        beginning, "-", pulumi.Output.from_input(load_balancer_arn).apply(lambda arn: arn.rpartition("/")[2])
    )


def _error_responses() -> list[aws.cloudfront.DistributionCustomErrorResponseArgsDict]:
    """Keeps no error: by default CloudFront answers for 10 seconds with the error of one customer to all others who
    request the path, and for most codes ignores `no-store`
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html). AWS excepts
    behaviours with the managed policy CachingDisabled, which a setting of `edge.page_caching` replaces. From S3
    CloudFront keeps an error for a second all the same.
    """

    def response(code: int) -> aws.cloudfront.DistributionCustomErrorResponseArgsDict:
        if code in NOT_ANSWERED:
            return {
                "error_code": code,
                "response_code": 503,
                "response_page_path": PAGE_PATH,
                "error_caching_min_ttl": 0,
            }
        return {"error_code": code, "error_caching_min_ttl": 0}

    return [response(code) for code in _CACHED_ERRORS]


def _pages(policies: EdgePolicies) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict:
    return {
        "target_origin_id": _WEB,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": _ALL,
        "cached_methods": _READ,
        "compress": True,
        "cache_policy_id": policies.page_cache_id,
        "origin_request_policy_id": policies.page_request_id,
        "response_headers_policy_id": policies.headers_id,
        "function_associations": [_client_address(policies)],
    }


def _client_address(
    policies: EdgePolicies,
) -> aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgsDict:
    return {"event_type": "viewer-request", "function_arn": policies.client_function_arn}


def _https_origin() -> aws.cloudfront.DistributionOriginCustomOriginConfigArgsDict:
    return {
        "http_port": _HTTP_PORT,
        "https_port": _HTTPS_PORT,
        "origin_protocol_policy": "https-only",
        "origin_ssl_protocols": _TLS,
        "origin_read_timeout": _READ_TIMEOUT_SECONDS,
        "origin_keepalive_timeout": _KEEPALIVE_SECONDS,
    }
