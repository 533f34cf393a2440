"""CloudFront's cache, origin request and response headers policies."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from functions.common.names import CLIENT_HEADER
from settings.edge import EdgeSettings, ResponseHeaders

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
MANAGED_CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
MANAGED_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
MANAGED_ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

_DAY = 86400
_CLIENT_FUNCTION = f"""\
function handler(event) {{
    var request = event.request;
    request.headers['{CLIENT_HEADER.lower()}'] = {{ value: event.viewer.ip }};
    return request;
}}
"""


class EdgePolicies(StoreComponent):
    """CloudFront policies of the store's behaviours."""

    TYPE = "webstore:edge:EdgePolicies"
    OUTPUTS = (
        "asset_cache_id",
        "page_cache_id",
        "page_request_id",
        "asset_request_id",
        "headers_id",
        "client_function_arn",
        "media_headers_id",
    )
    asset_cache_id: pulumi.Output[str]
    """Cache policy of files whose URL changes with their content: no cookies, only the query string `v`."""
    page_cache_id: pulumi.Output[str]
    """Cache policy of pages, by `edge.page_caching`."""
    page_request_id: pulumi.Output[str]
    """Origin request policy of pages: host, cookies, query, the customer's address and country."""
    asset_request_id: pulumi.Output[str]
    """Origin request policy of the web tier's files: the host, against which CloudFront checks the load balancer's
    certificate, and the customer's address."""
    headers_id: pulumi.Output[str]
    """Security headers of every response."""
    client_function_arn: pulumi.Output[str]
    """Function that sets `CLIENT_HEADER` to the customer's address, for the web tier and the API."""
    media_headers_id: pulumi.Output[str]
    """Security headers, and CORS headers for `media.cors_origins`."""

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeSettings,
        media_cors_origins: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self.asset_cache_id = aws.cloudfront.CachePolicy(
            f"{name}-assets",
            comment="Assets: one copy for everybody",
            min_ttl=1,
            default_ttl=_DAY,
            max_ttl=365 * _DAY,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "whitelist", "query_strings": {"items": ["v"]}},
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
            },
            opts=self._inside,
        ).id
        if settings.page_caching == "as_told":
            self.page_cache_id = _page_cache(f"{name}-pages", settings, self._inside)
        else:
            self.page_cache_id = pulumi.Output.from_input(MANAGED_CACHING_DISABLED)
        self.page_request_id = aws.cloudfront.OriginRequestPolicy(
            f"{name}-pages",
            comment="Pages: everything, and where the customer is",
            cookies_config={"cookie_behavior": "all"},
            headers_config={
                "header_behavior": "allViewerAndWhitelistCloudFront",
                "headers": {
                    "items": ["CloudFront-Forwarded-Proto", "CloudFront-Viewer-Address", "CloudFront-Viewer-Country"]
                },
            },
            query_strings_config={"query_string_behavior": "all"},
            opts=self._inside,
        ).id
        self.asset_request_id = aws.cloudfront.OriginRequestPolicy(
            f"{name}-assets",
            comment="Assets of the web tier: the host, and the customer's address",
            cookies_config={"cookie_behavior": "none"},
            headers_config={"header_behavior": "whitelist", "headers": {"items": ["Host", CLIENT_HEADER]}},
            query_strings_config={"query_string_behavior": "none"},
            opts=self._inside,
        ).id
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/example-function-add-true-client-ip-header.html
        self.client_function_arn = aws.cloudfront.Function(
            f"{name}-client",
            comment="Tells web tier and API the customer's address",
            runtime="cloudfront-js-2.0",
            code=_CLIENT_FUNCTION,
            publish=True,
            opts=self._inside,
        ).arn
        self.headers_id = _headers(f"{name}-security", settings.headers, (), self._inside)
        self.media_headers_id = (
            _headers(f"{name}-media", settings.headers, media_cors_origins, self._inside)
            if media_cors_origins
            else self.headers_id
        )
        self._publish()


def _page_cache(name: str, settings: EdgeSettings, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    return aws.cloudfront.CachePolicy(
        name,
        comment="Pages: only as long as the answer itself allows",
        min_ttl=0,
        default_ttl=0,
        max_ttl=_DAY,
        parameters_in_cache_key_and_forwarded_to_origin={
            "cookies_config": {"cookie_behavior": "whitelist", "cookies": {"items": list(settings.page_cookies)}}
            if settings.page_cookies
            else {"cookie_behavior": "none"},
            "headers_config": {"header_behavior": "whitelist", "headers": {"items": ["Host"]}},
            "query_strings_config": {"query_string_behavior": "all"},
            "enable_accept_encoding_brotli": True,
            "enable_accept_encoding_gzip": True,
        },
        opts=opts,
    ).id


def _headers(
    name: str, settings: ResponseHeaders, cors_origins: Sequence[str], opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    return aws.cloudfront.ResponseHeadersPolicy(
        name,
        comment="Security headers",
        security_headers_config={
            "strict_transport_security": {
                "access_control_max_age_sec": settings.hsts_max_age_days * _DAY,
                "include_subdomains": True,
                "preload": settings.hsts_preload,
                "override": True,
            },
            "content_security_policy": {
                "content_security_policy": settings.content_security_policy,
                "override": True,
            },
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": settings.frame_option, "override": True},
            "referrer_policy": {"referrer_policy": settings.referrer_policy, "override": True},
        },
        custom_headers_config={
            "items": [{"header": "Permissions-Policy", "value": settings.permissions_policy, "override": True}]
        },
        # Not by S3: a response that was cached for a request without `Origin` would lack S3's CORS headers.
        cors_config={
            "access_control_allow_credentials": False,
            "access_control_allow_headers": {"items": ["*"]},
            "access_control_allow_methods": {"items": ["GET", "HEAD"]},
            "access_control_allow_origins": {"items": list(cors_origins)},
            "access_control_max_age_sec": 3600,
            "origin_override": True,
        }
        if cors_origins
        else None,
        remove_headers_config={"items": [{"header": "Server"}, {"header": "X-Powered-By"}]},
        opts=opts,
    ).id
