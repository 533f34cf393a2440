"""Application tier: every microservice of the settings, and what they have in common."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.app_tier.boundary import Boundary, boundaries
from components.app_tier.inbox import Inbox
from components.app_tier.outbox import Outbox
from components.app_tier.reach import CLIENT_PORTS, Reach, Shared, clients_of, reach_of
from components.base import StoreComponent
from components.blocks.fargate_service import FargateService, FargateServiceArgs, Grant
from components.blocks.function import Function, FunctionArgs, FunctionNetwork
from components.blocks.internal_balancer import InternalBalancer, InternalBalancerArgs
from components.blocks.naming import in_stack
from components.blocks.security_group import SecurityGroup
from components.blocks.service_connect import PORT as CONNECT_PORT
from components.blocks.service_connect import CertificateAuthority, Connection, TlsIssuer
from components.blocks.service_scaling import ServiceScaling, ServiceScalingArgs
from components.blocks.targets import Targets
from components.blocks.tracing import Tracing
from components.data import Data
from components.encryption import Encryption
from components.events import Events
from components.feeds import Feeds
from components.identity import Triggers
from components.network import Network
from components.orders import Orders
from components.shared_files import SharedFiles
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import DIRECT, Microservice, callees_first
from settings.app_tier.runtime import FargateRuntime, LambdaRuntime
from settings.endpoints import ROOT
from settings.environment import EnvironmentSettings
from settings.tracing import TracingSettings

__all__ = ["AppTier"]

# Without a batching window; a FIFO queue has no other
# (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html).
_QUEUE_BATCH = 10


class AppTier(StoreComponent):
    """Point 7 of the guidance: stateless services on Fargate and Lambda, made from their entries in the settings.

    Of an entry follow: role, grants, group and its rules, tasks or function, scaling, log, alarms; with routes a target
    group of the internal load balancer; with `consumes` a queue that the bus fills; with `emits` the table's outbox;
    with `calls` Service Connect. Nothing is typed a second time anywhere.
    Services inside the payment boundary have cluster, subnets, key and the bounds of their roles apart.
    """

    TYPE = "webstore:app:AppTier"
    load_balancer_arn: pulumi.Output[str] | None
    """Internal load balancer in front of the Fargate services with routes; None where there are none."""
    load_balancer_group: SecurityGroup | None
    """Whoever sends requests to services is admitted here."""
    functions: Mapping[str, Function]
    """Services on Lambda by name."""
    cluster_names: Mapping[str, pulumi.Output[str]]
    """ECS cluster of each boundary that has services inside the VPC."""
    namespace_name: pulumi.Output[str] | None
    """Service Connect namespace."""

    def __init__(
        self,
        name: str,
        *,
        settings: AppTierSettings,
        tracing: TracingSettings,
        environment: EnvironmentSettings,
        network: Network,
        encryption: Encryption,
        data: Data,
        events: Events,
        orders: Orders,
        feeds: Feeds,
        files: SharedFiles,
        certificate_arn: pulumi.Input[str],
        access_logs_bucket: pulumi.Input[str],
        alarm_topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            certificate_arn: Certificate of the store's domain in the home Region, by which the API knows the load
                balancer.
        """
        super().__init__(name, opts)
        self._name = name
        self._settings = settings
        self._environment = environment
        self._network = network
        self._encryption = encryption
        self._events = events
        self._orders = orders
        self._feeds = feeds
        self._topic_arn = alarm_topic_arn
        self._tracing = Tracing(settings=tracing) if tracing.enabled else None
        self._layer_arns = [settings.powertools_layer_arn] if settings.powertools_layer_arn else []
        services = settings.services
        self._boundaries = boundaries(
            name,
            settings=settings,
            environment=environment,
            network=network,
            encryption=encryption,
            data=data,
            bus_arn=events.known_bus_arn,
            opts=self._inside,
        )
        shared = Shared(
            data=data,
            events=events,
            orders=orders,
            files=files,
            environment=environment,
            clients=self._client_groups(data, files),
        )
        self._balancer = self._internal_balancer(certificate_arn, access_logs_bucket)
        self._called = {callee for service in services.values() for callee in service.calls}
        self._namespace = self._connect() if self._called else None
        self._tls = self._issuer() if self._called and settings.discovery.tls else None

        tasks: dict[str, FargateService] = {}
        functions: dict[str, Function] = {}
        for label in callees_first(services):
            service = services[label]
            reach = reach_of(label, service, shared)
            inbox = self._inbox(label, service)
            if isinstance(service.runtime, FargateRuntime):
                callees = {callee: tasks[callee].service_arn for callee in service.calls}
                tasks[label] = self._tasks(label, service, service.runtime, reach, inbox, callees)
            else:
                functions[label] = self._function(label, service, service.runtime, reach, inbox)
        for label, service in sorted(services.items()):
            for callee in service.calls:
                tasks[callee].group.admit(tasks[label].group, port=CONNECT_PORT, purpose="Calls by Service Connect")
        self._outboxes(data)

        self.load_balancer_arn = self._balancer.load_balancer_arn if self._balancer else None
        self.load_balancer_group = self._balancer.group if self._balancer else None
        self.functions = functions
        self.cluster_names = {kind: boundary.cluster.cluster_name for kind, boundary in self._boundaries.items()}
        self.namespace_name = self._namespace.name if self._namespace else None
        self._publish()

    @property
    def triggers(self) -> Triggers:
        """What the user pool calls."""
        return Triggers(
            **{
                service.trigger: self.functions[label].function_arn
                for label, service in self._settings.services.items()
                if service.trigger is not None
            }
        )

    def _client_groups(self, data: Data, files: SharedFiles) -> dict[str, SecurityGroup]:
        """A group of clients for each store, so that the store's own group needs one rule for all of them."""
        wanted = {label for service in self._settings.services.values() for label in clients_of(service, data)}
        owners = {"cache": data.cache.group, "dax": data.dax.group if data.dax else None, "files": files.group}
        groups: dict[str, SecurityGroup] = {}
        for label in sorted(wanted):
            owner = owners[label]
            assert owner is not None
            groups[label] = SecurityGroup(
                f"{self._name}-{label}-clients",
                vpc_id=self._network.vpc_id,
                description=f"Services that use {label}",
                opts=self._inside,
            )
            owner.admit(groups[label], port=CLIENT_PORTS[label], purpose=f"Services that use {label}")
        return groups

    def _internal_balancer(
        self, certificate_arn: pulumi.Input[str], access_logs_bucket: pulumi.Input[str]
    ) -> InternalBalancer | None:
        names = [
            label
            for label, service in self._settings.services.items()
            if service.routes and isinstance(service.runtime, FargateRuntime)
        ]
        if not names:
            return None
        return InternalBalancer(
            f"{self._name}-balancer",
            InternalBalancerArgs(
                settings=self._settings.load_balancer,
                vpc_id=self._network.vpc_id,
                subnet_ids=self._network.app_subnet_ids,
                certificate_arn=certificate_arn,
                names=names,
                access_logs_bucket=access_logs_bucket,
                alarm_topic_arn=self._topic_arn,
                protect=self._environment.protect,
            ),
            opts=self._inside,
        )

    def _connect(self) -> aws.servicediscovery.HttpNamespace:
        return aws.servicediscovery.HttpNamespace(
            self._name,
            name=in_stack(f"{pulumi.get_project()}-services", limit=100),
            description="Services of the store, by Service Connect",
            opts=self._inside,
        )

    def _issuer(self) -> TlsIssuer:
        authority = CertificateAuthority(
            f"{self._name}-authority",
            years=self._settings.discovery.authority_years,
            key_arn=self._encryption.secrets_key_arn,
            opts=self._inside,
        )
        return TlsIssuer(
            authority_arn=authority.authority_arn,
            role_arn=authority.role_arn,
            key_arn=self._encryption.secrets_key_arn,
        )

    def _inbox(self, label: str, service: Microservice) -> Inbox | None:
        if not service.consumes:
            return None
        runtime = service.runtime
        return Inbox(
            f"app-{label}-inbox",
            service=label,
            event_names=service.consumes,
            run_seconds=runtime.timeout_seconds if isinstance(runtime, LambdaRuntime) else None,
            age_alarm_minutes=service.queue_age_alarm_minutes,
            events=self._events,
            environment=self._environment,
            key_arn=self._encryption.customer_key_arn,
            alarm_topic_arn=self._topic_arn,
            opts=self._inside,
        )

    def _tasks(
        self,
        label: str,
        service: Microservice,
        runtime: FargateRuntime,
        reach: Reach,
        inbox: Inbox | None,
        callees: Mapping[str, pulumi.Output[str]],
    ) -> FargateService:
        boundary = self._boundaries[service.boundary]
        name = f"app-{label}"
        variables, grants = dict(reach.variables), list(reach.grants)
        if inbox is not None:
            variables["STORE_INBOX_QUEUE_URL"] = inbox.queue.queue_url
            grants.append(inbox.queue.grant_receive)
        targets: Targets | None = None
        request_label: pulumi.Output[str] | None = None
        if service.routes and self._balancer is not None:
            targets, request_label = self._balancer.targets(
                label,
                path=f"/{ROOT}/{label}",
                protocol=runtime.protocol,
                health_check_path=runtime.health_check_path,
                latency_alarm_ms=service.latency_alarm_ms,
            )
        tasks = FargateService(
            name,
            FargateServiceArgs(
                settings=runtime,
                account_id=self._environment.account_id,
                region=self._environment.region,
                vpc_id=self._network.vpc_id,
                subnet_ids=boundary.subnet_ids,
                cluster_arn=boundary.cluster.cluster_arn,
                cluster_name=boundary.cluster.cluster_name,
                command_log_group_arn=boundary.cluster.command_log_group_arn,
                targets=targets,
                logs_key_arn=self._encryption.logs_key_arn,
                secrets_key_arn=self._encryption.secrets_key_arn,
                alarm_topic_arn=self._topic_arn,
                environment_variables=variables,
                grants=grants,
                volumes=reach.volumes,
                memberships=[boundary.members, *reach.memberships],
                connection=self._connection(label, service, runtime, callees),
                tracing=self._tracing,
                permissions_boundary_arn=boundary.permissions_arn,
                ways_out=self._network.ways_out,
            ),
            opts=self._inside,
        )
        boundary.let_out(tasks.group, reach_internet=runtime.reach_internet)
        ServiceScaling(
            f"{name}-scaling",
            ServiceScalingArgs(
                settings=runtime.scaling,
                cluster_name=boundary.cluster.cluster_name,
                service_name=tasks.service_name,
                load_balancer_suffix=None,
                request_label=request_label,
            ),
            opts=self._inside,
        )
        return tasks

    def _connection(
        self, label: str, service: Microservice, runtime: FargateRuntime, callees: Mapping[str, pulumi.Output[str]]
    ) -> Connection | None:
        called = label in self._called
        if self._namespace is None or not (called or service.calls):
            return None
        return Connection(
            namespace_arn=self._namespace.arn,
            name=label,
            port=runtime.port,
            called=called,
            callees=callees,
            tls=self._tls,
        )

    def _function(
        self, label: str, service: Microservice, runtime: LambdaRuntime, reach: Reach, inbox: Inbox | None
    ) -> Function:
        boundary = self._boundaries[service.boundary] if service.in_network else None
        variables, grants = dict(reach.variables), list(reach.grants)
        if inbox is not None:
            grants.append(inbox.queue.grant_receive)
        for feed in service.feeds:
            variables[f"STORE_{feed.upper().replace('-', '_')}_DEAD_LETTER_URL"] = self._feeds.dead_letter_url(feed)
            grants.append(self._consumption(feed))
        function = self._make_function(
            label, runtime, variables=variables, grants=grants, boundary=boundary, memberships=reach.memberships
        )
        if inbox is not None:
            self._drain(f"app-{label}-inbox", inbox.queue.queue_arn, function, runtime)
        if service.orders == "take":
            self._drain(f"app-{label}-orders", self._orders.queue_arn, function, runtime)
        for feed in service.feeds:
            self._feeds.consume(
                feed, consumer=label, function_name=function.function_name, batch_size=runtime.batch_size
            )
        return function

    def _consumption(self, feed: str) -> Grant:
        return lambda role: self._feeds.grant_consume(feed, role)

    def _make_function(
        self,
        label: str,
        runtime: LambdaRuntime,
        *,
        variables: Mapping[str, pulumi.Input[str]],
        grants: Sequence[Grant] = (),
        boundary: Boundary | None = None,
        memberships: Sequence[SecurityGroup] = (),
    ) -> Function:
        function = Function(
            f"app-{label}",
            FunctionArgs(
                settings=runtime,
                account_id=self._environment.account_id,
                region=self._environment.region,
                key_arn=boundary.key_arn if boundary else self._encryption.customer_key_arn,
                logs_key_arn=self._encryption.logs_key_arn,
                secrets_key_arn=self._encryption.secrets_key_arn,
                alarm_topic_arn=self._topic_arn,
                layer_arns=self._layer_arns,
                environment_variables=variables,
                grants=grants,
                network=FunctionNetwork(
                    vpc_id=self._network.vpc_id,
                    subnet_ids=boundary.subnet_ids,
                    memberships=[boundary.members, *memberships],
                )
                if boundary
                else None,
                tracing=self._tracing,
                permissions_boundary_arn=boundary.permissions_arn if boundary else None,
            ),
            opts=self._inside,
        )
        if boundary is not None and function.group is not None:
            boundary.let_out(function.group, reach_internet=runtime.reach_internet)
        return function

    def _drain(self, name: str, queue_arn: pulumi.Input[str], function: Function, runtime: LambdaRuntime) -> None:
        """Have Lambda take messages from a queue; what the function could not handle comes again."""
        most = runtime.reserved_concurrency
        aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=queue_arn,
            function_name=function.function_name,
            batch_size=min(runtime.batch_size, _QUEUE_BATCH),
            function_response_types=["ReportBatchItemFailures"],
            # Otherwise messages would be received, refused for want of concurrency, and end as dead letters
            # (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(maximum_concurrency=most) if most else None,
            opts=self._inside,
        )

    def _outboxes(self, data: Data) -> None:
        """A pipe for each table that events go through."""
        by_table: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for label, service in self._settings.services.items():
            for event, way in service.emits.items():
                if way != DIRECT:
                    by_table[way][service.domain or label].add(event)
        if not by_table:
            return
        runtime = LambdaRuntime(kind="lambda", code="outbox", memory_mib=256, log_days=self._settings.log_days)
        translator = self._make_function("outbox-translator", runtime, variables={})
        for table_name, emits in sorted(by_table.items()):
            Outbox(
                f"app-{table_name}-outbox",
                table=data.table(table_name),
                emits=emits,
                translator=translator,
                events=self._events,
                environment=self._environment,
                key_arn=self._encryption.customer_key_arn,
                logs_key_arn=self._encryption.logs_key_arn,
                log_days=self._settings.log_days,
                alarm_topic_arn=self._topic_arn,
                opts=self._inside,
            )
