"""The REST API in front of the services, made from their route tables."""

import pulumi
import pulumi_aws as aws

from components.api.host import ApiHost, access_mode
from components.api.keys import EdgeKey, WebKey
from components.api.logs import LOG_FORMAT, ApiLogs
from components.api.routes import Routes, Services
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.policy_document import Statement, policy_document
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.web_acl import Clients, RegionalWebAcl, WebAclArgs
from components.dns import Dns
from components.foundation import Foundation
from components.identity import Identity
from components.metric import Metric, Ratio
from components.network import Network
from functions.common.names import CLIENT_HEADER
from settings.api import ApiSettings
from settings.app_tier.route import RouteThrottle
from settings.endpoints import ROOT, endpoints

__all__ = ["Api", "Services"]

_HTTPS = 443
# API Gateway compresses larger responses if the caller accepts that; CloudFront compresses only what it caches.
_COMPRESSED_FROM_BYTES = 1024


class Api(StoreComponent):
    """Point 5 of the guidance: a REST API in API Gateway; services declare its routes in `app_tier.services`.

    Requests of browsers and apps come through CloudFront with the edge's API key, those of the web tier to the API's
    own host with a key of its own. A route with a scope also needs an access token of the user pool with that scope.
    Machines call the API's own host with requests signed by a role that has a grant for exactly these methods. API
    Gateway validates bodies against models and throttles each method; a web ACL inspects all requests. A VPC link leads
    to the internal load balancer of the Fargate services, over TLS; functions are invoked directly. A route is public
    only with `auth: public`: docs/api.md lists these routes first.

    There is no resource policy. With one, API keys and tokens would need an allow statement for all principals; its
    wildcards, for path parameters, would match machines' routes below, and there the statement would allow signed
    requests of every account. Without one, signed requests need a grant of a role of this account
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html).

    A stage serves the snapshot of its deployment. A change of the API makes a new deployment, moves the stage to it and
    then deletes the old deployment. Without routes the box makes nothing.

    Billed by requests, data and, with `detailed_metrics`, metrics (https://aws.amazon.com/api-gateway/pricing/).
    """

    TYPE = "webstore:api:Api"
    DASHBOARD = "app"
    OUTPUTS = ("url", "machine_url", "domain_name", "rest_api_id", "execution_arn", "stage_arn")
    url: str | None
    """URL for customers, through CloudFront; None without routes, like all below."""
    machine_url: str | None
    """URL at its own host: for machines, with signed requests, and for the web tier."""
    domain_name: str | None
    """Its own host."""
    rest_api_id: pulumi.Output[str] | None
    execution_arn: pulumi.Output[str] | None
    stage_arn: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        *,
        settings: ApiSettings,
        foundation: Foundation,
        network: Network,
        identity: Identity,
        app: Services,
        dns: Dns,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            app: Services behind the routes.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        self._endpoints = endpoints(app.entries, settings.retired)
        self.url = self.machine_url = self.domain_name = None
        self.rest_api_id = self.execution_arn = self.stage_arn = None
        # Not in OUTPUTS, which would store the secret in the state once more.
        self.edge_key: pulumi.Output[str] | None = None
        """Value that CloudFront sends as `x-api-key`; secret."""
        self.web_key: aws.secretsmanager.SecretVersion | None = None
        """Secret with the value that the web tier sends as `x-api-key`."""
        if any(endpoint.route is not None for endpoint in self._endpoints):
            self._make(app, network, identity, dns)
        self._publish()

    def grant_invoke(self, role: aws.iam.Role, service: str) -> aws.iam.RolePolicy:
        """Let `role` sign requests to the routes of a service with `auth: iam`, and to no others.

        A path parameter is a wildcard in IAM, which also matches further path segments: a grant of `/orders/{id}`
        includes a route `/orders/{id}/lines` with `auth: iam`.

        Raises:
            pulumi.RunError: the service has no route with `auth: iam`.
        """
        patterns = [
            endpoint.pattern for endpoint in self._endpoints if endpoint.service == service and endpoint.auth == "iam"
        ]
        if self.execution_arn is None or not patterns:
            raise pulumi.RunError(
                f"service {service} must have a route with `auth: iam` before role {role.pulumi_resource_name} may call"
                f" it: add one to app_tier.services.{service}.routes"
            )
        return aws.iam.RolePolicy(
            f"{self._name}-{service}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="CallRoutes",
                    actions=["execute-api:Invoke"],
                    resources=[pulumi.Output.concat(self.execution_arn, f"/{ROOT}/{pattern}") for pattern in patterns],
                )
            ),
            opts=self._inside,
        )

    def _make(self, app: Services, network: Network, identity: Identity, dns: Dns) -> None:
        name, settings = self._name, self._settings
        api = aws.apigateway.RestApi(
            name,
            description="REST API of the web store",
            endpoint_configuration={"types": "REGIONAL", "ip_address_type": "dualstack"},
            disable_execute_api_endpoint=True,
            api_key_source="HEADER",
            minimum_compression_size=str(_COMPRESSED_FROM_BYTES),
            # The API's policy also holds for callers of its domain name; its default allows TLS 1.0
            # (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html).
            security_policy=settings.tls_policy,
            endpoint_access_mode=access_mode(settings),
            opts=self._inside,
        )
        routes = Routes(
            name,
            endpoints=self._endpoints,
            api=api,
            identity=identity,
            services=app,
            link_id=self._link(app, network),
            host_name=dns.host_names["store"],
            opts=self._inside,
        )
        logs = ApiLogs(f"{name}-logs", settings=settings, rest_api_id=api.id, stage_name=ROOT, opts=self._inside)
        stage = self._stage(api, routes, logs)
        acl = RegionalWebAcl(
            name,
            WebAclArgs(
                settings=settings.web_acl,
                clients=Clients(header=CLIENT_HEADER, reached_directly=True),
                log_days=settings.log_days,
            ),
            opts=self._inside,
        )
        acl.protect_resource("stage", stage.arn)
        host = ApiHost(
            f"{name}-host",
            settings=settings,
            dns=dns,
            rest_api_id=api.id,
            stage_name=stage.stage_name,
            opts=self._inside,
        )
        key = EdgeKey(
            f"{name}-edge", settings=settings, rest_api_id=api.id, stage_name=stage.stage_name, opts=self._inside
        )
        web_key = WebKey(
            f"{name}-web", settings=settings, rest_api_id=api.id, stage_name=stage.stage_name, opts=self._inside
        )
        self._watch(api.name)
        self.url = f"{dns.url}/{ROOT}"
        self.machine_url = f"https://{host.host_name}/{ROOT}"
        self.domain_name = host.host_name
        self.rest_api_id = api.id
        self.execution_arn = api.execution_arn
        self.stage_arn = stage.arn
        self.edge_key = key.value
        self.web_key = web_key.secret

    def _link(self, app: Services, network: Network) -> pulumi.Output[str] | None:
        """Id of the VPC link; None without services on Fargate.

        After 60 days without traffic a VPC link is inactive, and takes minutes to become available again
        (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html).
        """
        if app.load_balancer_group is None or not any(endpoint.tasks for endpoint in self._endpoints):
            return None
        group = SecurityGroup(
            f"{self._name}-link",
            SecurityGroupArgs(
                vpc_id=network.vpc_id, description="API: the way to the internal load balancer; admits nobody"
            ),
            opts=self._inside,
        )
        app.load_balancer_group.admit(group, port=_HTTPS, purpose="Requests that the API passes on")
        return aws.apigatewayv2.VpcLink(
            self._name,
            subnet_ids=network.app_subnet_ids,
            security_group_ids=[group.group_id],
            # AWS cannot add a zone to it.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnetIds"]),
        ).id

    def _stage(self, api: aws.apigateway.RestApi, routes: Routes, logs: ApiLogs) -> aws.apigateway.Stage:
        settings = self._settings
        deployment = aws.apigateway.Deployment(
            self._name,
            rest_api=api.id,
            triggers={"routes": routes.digest, "compressed_from": str(_COMPRESSED_FROM_BYTES)},
            # A deployment is a snapshot, so it depends on all parts of the API. Not by their values: then a replaced
            # method would first delete the deployment, which AWS refuses while the stage uses it
            # (https://github.com/pulumi/pulumi/issues/10662).
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes.made),
        )
        stage = aws.apigateway.Stage(
            self._name,
            rest_api=api.id,
            stage_name=ROOT,
            deployment=deployment.id,
            description="What callers get",
            xray_tracing_enabled=settings.tracing,
            access_log_settings={"destination_arn": logs.access_group_arn, "format": LOG_FORMAT},
            opts=self._inside,
        )
        self._limit(api, stage, "default", "*/*", settings.throttle)
        for endpoint in self._endpoints:
            if endpoint.route is not None and endpoint.route.throttle is not None:
                label = f"{endpoint.method.lower()}-{'_'.join(endpoint.shape).replace('{}', 'ANY')}"
                path = f"{endpoint.path.lstrip('/')}/{endpoint.method}"
                self._limit(api, stage, label, path, endpoint.route.throttle)
        return stage

    def _limit(
        self,
        api: aws.apigateway.RestApi,
        stage: aws.apigateway.Stage,
        label: str,
        method_path: str,
        throttle: RouteThrottle,
    ) -> None:
        """Settings of one method, or the default of all; a method's settings replace the default as a whole."""
        aws.apigateway.MethodSettings(
            f"{self._name}-{label}",
            rest_api=api.id,
            stage_name=stage.stage_name,
            method_path=method_path,
            settings={
                "throttling_rate_limit": throttle.requests_per_second,
                "throttling_burst_limit": throttle.burst,
                "metrics_enabled": self._settings.detailed_metrics,
                "logging_level": "ERROR",
                # Tracing of data would log bodies and headers.
                "data_trace_enabled": False,
                "caching_enabled": False,
            },
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _watch(self, api_name: pulumi.Output[str]) -> None:
        limits = self._settings.alarms

        def metric(name: str, statistic: str) -> Metric:
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
            return Metric(
                namespace="AWS/ApiGateway",
                name=name,
                dimensions={"ApiName": api_name, "Stage": ROOT},
                statistic=statistic,
                period_seconds=300,
            )

        def watch(label: str, watched: Metric | Ratio, threshold: float, meaning: str, todo: str) -> None:
            alarm(
                f"{self._name}-{label}",
                metric=watched,
                threshold=threshold,
                periods=Periods(breaching=2, evaluated=3),
                meaning=meaning,
                todo=todo,
                opts=self._inside,
            )

        watch(
            "errors",
            Ratio(part=metric("5XXError", "Sum"), whole=metric("Count", "Sum")),
            limits.server_errors_percent,
            f"The API answers more than {limits.server_errors_percent}% of its requests with 5xx.",
            "find the routes in the access log. If `service_status` is set, the service failed; if not, API Gateway did"
            " not reach the service, and the execution log has the reason.",
        )
        watch(
            "refusals",
            Ratio(part=metric("4XXError", "Sum"), whole=metric("Count", "Sum")),
            limits.client_errors_percent,
            f"The API answers more than {limits.client_errors_percent}% of its requests with 4xx: an application sends"
            " wrong requests, or an attacker probes the API.",
            "find the routes in the access log; `refusal` distinguishes tokens, bodies and unknown paths.",
        )
        watch(
            "latency",
            metric("Latency", "p95"),
            limits.latency_ms,
            f"One request in twenty to the API takes longer than {limits.latency_ms} ms.",
            "compare `latency_ms` with `service_latency_ms` in the access log to find the slow routes, then look at"
            " their services.",
        )
