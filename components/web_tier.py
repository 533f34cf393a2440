"""Web tier: load balancer, web service, response cache, and the tables of sessions and feature flags."""

from collections.abc import Sequence

import pulumi

from components.api import Api
from components.base import StoreComponent
from components.blocks.cache import Cache, CacheArgs
from components.blocks.cluster import FargateCluster, FargateClusterArgs
from components.blocks.fargate_service import FargateService, FargateServiceArgs
from components.blocks.load_balancer import LoadBalancer, LoadBalancerArgs
from components.blocks.naming import in_stack
from components.blocks.origin_secret import OriginSecret
from components.blocks.service_scaling import ServiceScaling, ServiceScalingArgs
from components.blocks.table import Key, Table, TableArgs
from components.blocks.tracing import Tracing
from components.dns import Dns
from components.foundation import Foundation
from components.identity import Identity
from components.images import Images
from components.network import Network
from components.shared_files import SharedFiles
from functions.common import names
from settings.service import RollingDeployment
from settings.web_tier import WebTierSettings


class WebTier(StoreComponent):
    """Points 4 and 6 of the guidance.

    CloudFront sends requests through the load balancer to the tasks of the web service, which run in every zone.
    The tasks call the API, sign customers in, read and write sessions, read feature flags, and keep fragments and API
    answers in Valkey. Environment variables: STORE_PORT, STORE_SERVICE (`web`), STORE_DOMAIN_NAME, STORE_STORE_URL,
    STORE_API_URL and STORE_API_KEY (without routes there are none), STORE_SIGN_IN_URL, STORE_CLIENT_ID,
    STORE_TOKEN_ISSUER, STORE_SESSIONS_TABLE, STORE_FLAGS_TABLE, STORE_CACHE_ENDPOINT, STORE_CACHE_PORT,
    STORE_CACHE_NAME and STORE_CACHE_USER (clients authenticate with an IAM token for that name and user, over TLS, in
    cluster mode).
    Load balancer, `min_tasks` tasks and the cache's nodes are billed by the hour, whatever the traffic.
    """

    TYPE = "webstore:web:WebTier"
    DASHBOARD = "web"
    OUTPUTS = (
        "load_balancer_arn",
        "load_balancer_dns_name",
        "service_name",
        "cluster_arn",
        "sessions_table_name",
        "sessions_table_arn",
        "flags_table_name",
        "flags_table_arn",
        "cache_endpoint",
    )
    closed_paths: Sequence[str]
    """Paths that the edge closes, too."""
    serving: pulumi.Resource
    """The service; the edge sends requests to a load balancer once its tasks answer there."""
    load_balancer_arn: pulumi.Output[str]
    load_balancer_dns_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    cluster_arn: pulumi.Output[str]
    sessions_table_name: pulumi.Output[str]
    sessions_table_arn: pulumi.Output[str]
    flags_table_name: pulumi.Output[str]
    flags_table_arn: pulumi.Output[str]
    cache_endpoint: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: WebTierSettings,
        foundation: Foundation,
        network: Network,
        images: Images,
        files: SharedFiles,
        dns: Dns,
        identity: Identity,
        api: Api,
        origin_secret: OriginSecret | None,
        probe_path: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            origin_secret: Makes the load balancer public, for requests with the secret header only. None makes it
                internal, and CloudFront reaches it through a VPC origin.
            probe_path: Path of Route 53's health checks.
        """
        super().__init__(name, opts, foundation=foundation)
        service = settings.service
        sessions = Table(
            f"{name}-sessions",
            TableArgs(
                key=Key(partition=("session_id", "S")),
                ttl_attribute=settings.session_ttl_attribute,
                stream_view="NEW_AND_OLD_IMAGES" if settings.sessions.replica_key_arns else None,
                watched_operations=("GetItem", "PutItem"),
                settings=settings.sessions,
                key_arn=foundation.keys.customer_key_arn,
            ),
            opts=self._inside,
        )
        flags = Table(
            f"{name}-flags",
            TableArgs(
                key=Key(partition=("flag", "S")),
                stream_view="NEW_AND_OLD_IMAGES" if settings.flags.replica_key_arns else None,
                watched_operations=("GetItem", "Scan"),
                settings=settings.flags,
                key_arn=foundation.keys.customer_key_arn,
            ),
            opts=self._inside,
        )
        cache = Cache(
            f"{name}-cache",
            CacheArgs(
                settings=settings.cache,
                vpc_id=network.vpc_id,
                subnet_ids=network.data_subnet_ids,
                key_arn=foundation.keys.customer_key_arn,
                user_name=in_stack(f"{name}-cache", limit=40),
            ),
            opts=self._inside,
        )
        shifting = not isinstance(service.deployment, RollingDeployment)
        balancer = LoadBalancer(
            f"{name}-balancer",
            LoadBalancerArgs(
                settings=settings.load_balancer,
                vpc_id=network.vpc_id,
                subnet_ids=network.app_subnet_ids if origin_secret is None else network.public_subnet_ids,
                origin_secret=origin_secret,
                certificate_arn=dns.regional_certificate_arn,
                target_protocol=service.protocol,
                health_check_path=service.health_check_path,
                closed_paths=settings.closed_paths,
                probe_path=probe_path,
                shifting=shifting,
                log_days=service.log_days,
            ),
            opts=self._inside,
        )
        cluster = FargateCluster(
            f"{name}-cluster",
            FargateClusterArgs(storage_key_arn=foundation.keys.customer_key_arn, log_days=service.log_days),
            opts=self._inside,
        )
        web = FargateService(
            f"{name}-service",
            FargateServiceArgs(
                settings=service,
                images=images.of_task(
                    service.image,
                    service.architecture,
                    foundation.tracing.collector_image if foundation.tracing.enabled else None,
                ),
                setting="web_tier.service",
                vpc_id=network.vpc_id,
                subnet_ids=network.app_subnet_ids,
                cluster_arn=cluster.cluster_arn,
                cluster_name=cluster.cluster_name,
                command_log_group_arn=cluster.command_log_group_arn,
                targets=balancer.targets,
                environment_variables={
                    names.SERVICE: "web",
                    names.DOMAIN_NAME: dns.host_names["store"],
                    names.STORE_URL: dns.url,
                    **({names.API_URL: api.machine_url} if api.machine_url else {}),
                    names.SIGN_IN_URL: identity.sign_in_url,
                    names.CLIENT_ID: identity.web_client_id,
                    names.TOKEN_ISSUER: identity.issuer_url,
                    names.table_variable("sessions"): sessions.table_name,
                    names.table_variable("flags"): flags.table_name,
                    **cache.variables,
                },
                secrets={names.API_KEY: api.web_key} if api.web_key else {},
                tracing=Tracing(settings=foundation.tracing) if foundation.tracing.enabled else None,
                grants=[sessions.grant_read_write, flags.grant_scan, cache.grant_connect, files.grant_read],
                volumes=[files.volume("web")],
                egress_resources=network.egress_resources,
            ),
            opts=self._inside,
        )
        files.admit(web.group, purpose="Shared files, read-only")
        cache.admit(web.group, purpose="Cached fragments and answers")
        network.admit_to_endpoints(web.group, purpose="AWS services through interface endpoints")
        web.group.reach_prefix_list(network.s3_prefix_list_id, label="s3", port=443, purpose="Image layers and files")
        web.group.reach_prefix_list(
            network.dynamodb_prefix_list_id, label="dynamodb", port=443, purpose="Sessions and feature flags"
        )
        if service.reach_internet:
            web.group.reach_internet(port=443, purpose="Public images and APIs, through the NAT gateways")
        ServiceScaling(
            f"{name}-scaling",
            ServiceScalingArgs(
                settings=service.scaling,
                cluster_name=cluster.cluster_name,
                service_name=web.service_name,
                load_balancer_suffix=balancer.arn_suffix,
                request_label=None if shifting else balancer.blue_request_label,
            ),
            opts=self._inside,
        )
        self.closed_paths = settings.closed_paths
        self.serving = web.service
        self.load_balancer_arn = balancer.load_balancer_arn
        self.load_balancer_dns_name = balancer.dns_name
        self.service_name = web.service_name
        self.cluster_arn = cluster.cluster_arn
        self.sessions_table_name = sessions.table_name
        self.sessions_table_arn = sessions.table_arn
        self.flags_table_name = flags.table_name
        self.flags_table_arn = flags.table_arn
        self.cache_endpoint = cache.endpoint
        self._publish()
