"""Search: how customers find products by words."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.function import function_role
from components.blocks.policy_document import policy_document
from components.blocks.security_group import SecurityGroup
from components.blocks.table import Table
from components.foundation import Foundation
from components.metric import Metric
from components.network import Network
from components.search.collection import SearchCollection
from components.search.domain import SearchDomain
from components.search.engine import PORT, Engine, index_name
from components.search.indexer import Indexer
from components.search.pipeline import IngestionPipeline, pipeline_role
from components.search.stream_feed import StreamFeed
from functions.common import names
from settings.search import NoSearch, OpenSearchDomain, OpenSearchServerless, Pipeline, SearchSettings

_MINUTES = 5
# More often, the function would keep a collection awake that may scale to zero.
_MINUTES_ASLEEP = 24 * 60


class Search(StoreComponent):
    """Point 10 of the guidance: an index of the products, with a feed from their table.

    Readers get `grant_read`, `admit` of their security group, and `variables`; then `follow` makes what fills the index
    and maps the roles. The index holds what shelves show to everybody; it is under the key of the table, customer.
    Nodes and pipeline units are billed by the hour.
    """

    TYPE = "webstore:search:Search"
    DASHBOARD = "data"
    OUTPUTS = ("endpoint", "arn")
    endpoint: pulumi.Output[str] | None
    """URL of the engine inside the VPC; None with `off`."""
    arn: pulumi.Output[str] | None
    """Domain or collection; None with `off`."""
    index: str | None
    """Name of the index that the alias `products` leads to once it is filled; None with `off`."""
    engine: Engine | None

    def __init__(
        self,
        name: str,
        *,
        settings: SearchSettings,
        foundation: Foundation,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._settings, self._network = settings, network
        self._readers: list[aws.iam.Role] = []
        self.engine = None
        self._pipeline_role: aws.iam.Role | None = None
        self.index = None
        if not isinstance(settings.engine, NoSearch):
            self._administrator = function_role(f"{name}-index", opts=self._inside)
            self.engine, feed = self._make(settings.engine)
            self._copies = settings.engine.zones - 1 if isinstance(settings.engine, OpenSearchDomain) else 0
            self.index = index_name(feed, self._copies)
        self.endpoint = self.engine.endpoint if self.engine else None
        self.arn = self.engine.arn if self.engine else None
        self._watch()
        self._publish()

    def _make(self, engine: OpenSearchDomain | OpenSearchServerless) -> tuple[Engine, str]:
        """The engine, and the kind of its feed."""
        if isinstance(engine, OpenSearchServerless):
            collection = SearchCollection(
                f"{self._name}-collection", engine=engine, network=self._network, opts=self._inside
            )
            return collection, "function"
        if isinstance(engine.feed, Pipeline):
            self._pipeline_role = pipeline_role(f"{self._name}-pipeline", foundation=self.foundation, opts=self._inside)
        domain = SearchDomain(
            f"{self._name}-domain",
            engine=engine,
            administrator=self._administrator,
            pipeline_role=self._pipeline_role,
            network=self._network,
            opts=self._inside,
        )
        return domain, engine.feed.kind

    @property
    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Variables of readers, which sign their requests."""
        engine = self._running
        return {
            names.SEARCH_ENDPOINT: engine.endpoint,
            names.SEARCH_SIGNED_FOR: engine.signed_for,
            names.METRICS_NAMESPACE: self._namespace,
        }

    def admit(self, clients: SecurityGroup, *, purpose: str) -> None:
        """Let members of `clients` connect."""
        self._running.group.admit(clients, port=PORT, purpose=purpose)

    def grant_read(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` search, once `follow` has mapped it."""
        self._readers.append(role)
        return aws.iam.RolePolicy(
            f"{self._name}-read-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*self._running.statements("read")),
            opts=self._inside,
        )

    def follow(self, table: Table) -> None:
        """Fill the index from the table of products and keep it so; call it once, when all readers have their grant."""
        settings = self._settings.engine
        if isinstance(settings, NoSearch):
            return
        assert self.index is not None
        pipeline = settings.feed if isinstance(settings, OpenSearchDomain) and self._pipeline_role else None
        common = {"log_days": settings.log_days, "engine": self._running, "table": table, "network": self._network}
        writer = (
            self._pipeline_role or StreamFeed(f"{self._name}-feed", index=self.index, **common, opts=self._inside).role
        )
        roles = {"reader": [role.arn for role in self._readers], "writer": [writer.arn]}
        sleeps = isinstance(settings, OpenSearchServerless) and settings.sleeps
        indexer = Indexer(
            f"{self._name}-index",
            role=self._administrator,
            index=self.index,
            copies=self._copies,
            fills=pipeline is None,
            minutes=_MINUTES_ASLEEP if sleeps else _MINUTES,
            roles=roles,
            after=self._running.admit_roles({"administrator": [self._administrator.arn], **roles}),
            **common,
            opts=self._inside,
        )
        if isinstance(pipeline, Pipeline):
            IngestionPipeline(
                f"{self._name}-pipeline",
                role=writer,
                ready=indexer.prepared,
                settings=pipeline,
                index=self.index,
                **common,
                opts=self._inside,
            )

    @property
    def _running(self) -> Engine:
        """
        Raises:
            ValueError: the engine is off.
        """
        if self.engine is None:
            raise ValueError("search.engine must be on before something uses the search, and is off")
        return self.engine

    @property
    def _namespace(self) -> str:
        return f"{pulumi.get_project()}/{pulumi.get_stack()}"

    def _watch(self) -> None:
        if self.engine is None:
            return
        alarm(
            f"{self._name}-fallbacks",
            metric=Metric(
                namespace=self._namespace,
                name="SearchFallbacks",
                dimensions={"service": "search"},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=self._settings.alarm_fallbacks,
            periods=Periods(breaching=2, evaluated=3),
            meaning="Searches are answered from the table: customers find nothing by misspelt words.",
            todo="read the cause in the service's log, then see whether the engine is up and has the alias.",
            opts=self._inside,
        )
