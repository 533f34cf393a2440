"""The REST API in front of the services, made from their route tables."""

import pulumi
import pulumi_aws as aws

from components.api.edge_key import EdgeKey
from components.api.host import ApiHost, access_mode
from components.api.logs import LOG_FORMAT, ApiLogs
from components.api.routes import Routes, Services
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.load_balancer import CLIENT_HEADER
from components.blocks.policy_document import Statement, policy_document
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.web_acl import Clients, RegionalWebAcl, WebAclArgs
from components.dns import Dns
from components.foundation import Foundation
from components.identity import Identity
from components.metric import Metric, Ratio
from components.network import Network
from settings.api import ApiSettings
from settings.app_tier.route import RouteThrottle
from settings.endpoints import ROOT, endpoints

__all__ = ["Api", "Services"]

_HTTPS = 443
# Answers from this size on are compressed for callers who ask for it; CloudFront caches none of them, so it does not.
_COMPRESSED_FROM_BYTES = 1024


class Api(StoreComponent):
    """Point 5 of the guidance: a REST API in API Gateway; a route is an entry of its service in `app_tier.services`.

    Customers come through CloudFront, with the edge's key, and where a route has a scope with an access token of the
    user pool that holds it. Machines come to the API's own host and sign their requests as a role that was granted
    exactly these methods. Bodies are held to models before any service sees them, each method to a rate, everything to
    a web ACL. Fargate services are reached by a VPC link to the internal load balancer over TLS, functions directly.
    Nothing is public that its route does not call `public`: docs/api.md lists those first.

    There is no resource policy. With one, keys and tokens would count only beside an allowance for everybody; its
    wildcards, for values in paths, would reach into the machines' paths below, and there an allowance lets in whoever
    signs requests in any account. Without one, signed requests are held to what this account's roles were granted
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html).

    A stage serves the copy that its deployment took of the API. A new deployment is made when anything changes that it
    copies, the stage moves to it, and the old one goes last. Without routes nothing is made at all.

    Billed by requests, data and, with `detailed_metrics`, metrics (https://aws.amazon.com/api-gateway/pricing/).
    """

    TYPE = "webstore:api:Api"
    OUTPUTS = ("url", "machine_url", "domain_name", "rest_api_id", "execution_arn", "stage_arn")
    url: str | None
    """Where customers call it, through CloudFront; None without routes, like all below."""
    machine_url: str | None
    """Where machines call it, with signed requests."""
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
            app: What serves the routes.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        self._endpoints = endpoints(app.entries, settings.retired)
        self.url = self.machine_url = self.domain_name = None
        self.rest_api_id = self.execution_arn = self.stage_arn = None
        # No annotation of the class: what a component publishes lies in the state a second time.
        self.edge_key: pulumi.Output[str] | None = None
        """Value that CloudFront sends as `x-api-key`; secret."""
        if any(endpoint.route is not None for endpoint in self._endpoints):
            self._make(app, network, identity, dns)
        self._publish()

    def grant_invoke(self, role: aws.iam.Role, service: str) -> aws.iam.RolePolicy:
        """Let `role` sign requests to the machines' routes of a service, and to nothing else.

        A value in a path is a wildcard to IAM, which reaches over further parts of the path: a grant of
        `/orders/{id}` holds for a machines' route `/orders/{id}/lines`, too.

        Raises:
            pulumi.RunError: the service has no such route.
        """
        patterns = [
            endpoint.pattern for endpoint in self._endpoints if endpoint.service == service and endpoint.auth == "iam"
        ]
        if self.execution_arn is None or not patterns:
            raise pulumi.RunError(f"service {service} has no route with `auth: iam` that a role could be let in to")
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

    def _make(
        self,
        app: Services,
        network: Network,
        identity: Identity,
        dns: Dns,
    ) -> None:
        name, settings = self._name, self._settings
        api = aws.apigateway.RestApi(
            name,
            description="REST API of the web store",
            endpoint_configuration={"types": "REGIONAL", "ip_address_type": "dualstack"},
            disable_execute_api_endpoint=True,
            api_key_source="HEADER",
            minimum_compression_size=str(_COMPRESSED_FROM_BYTES),
            # Callers of the domain speak by the API's own policy, which is TLS 1.0 and newer unless it is set
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
        logs = ApiLogs(
            f"{name}-logs",
            settings=settings,
            rest_api_id=api.id,
            stage_name=ROOT,
            opts=self._inside,
        )
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
        self._watch(api.name)
        self.url = f"{dns.url}/{ROOT}"
        self.machine_url = f"https://{host.host_name}/{ROOT}"
        self.domain_name = host.host_name
        self.rest_api_id = api.id
        self.execution_arn = api.execution_arn
        self.stage_arn = stage.arn
        self.edge_key = key.value

    def _link(self, app: Services, network: Network) -> pulumi.Output[str] | None:
        """The way into the VPC, where a service is reached there.

        Without traffic for 60 days it falls asleep, and takes minutes to wake up
        (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html).
        """
        if app.load_balancer_group is None or not any(endpoint.tasks for endpoint in self._endpoints):
            return None
        group = SecurityGroup(
            f"{self._name}-link",
            SecurityGroupArgs(
                vpc_id=network.vpc_id,
                description="API: the way to the internal load balancer; admits nobody",
            ),
            opts=self._inside,
        )
        app.load_balancer_group.admit(group, port=_HTTPS, purpose="Requests that the API passes on")
        return aws.apigatewayv2.VpcLink(
            self._name,
            subnet_ids=network.app_subnet_ids,
            security_group_ids=[group.group_id],
            opts=self._inside,
        ).id

    def _stage(self, api: aws.apigateway.RestApi, routes: Routes, logs: ApiLogs) -> aws.apigateway.Stage:
        settings = self._settings
        deployment = aws.apigateway.Deployment(
            self._name,
            rest_api=api.id,
            triggers={"routes": routes.digest, "compressed_from": str(_COMPRESSED_FROM_BYTES)},
            # A copy of what is there at that moment. Values would say so, too, but with them a method that is made anew
            # would take the deployment down first, which AWS refuses while the stage serves it
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
        """Settings of methods; those of one method take the place of the default, so each has them all."""
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
                # It would copy bodies and headers into the log.
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
            "Requests to the API fail (5xx).",
            "see in the access log which routes. With a service_status the service failed; without one API Gateway did"
            " not reach it, and the execution log says why.",
        )
        watch(
            "refusals",
            Ratio(part=metric("4XXError", "Sum"), whole=metric("Count", "Sum")),
            limits.client_errors_percent,
            "Many requests to the API are refused (4xx): an application asks wrongly, or somebody tries what goes.",
            "see in the access log which routes, and the `refusal`: it tells tokens, bodies and unknown paths apart.",
        )
        watch(
            "latency",
            metric("Latency", "p95"),
            limits.latency_ms,
            "One request in twenty to the API takes longer than the store allows.",
            "compare latency_ms and service_latency_ms in the access log, then see the service behind the slow routes.",
        )
