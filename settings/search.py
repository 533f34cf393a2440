"""Section `search`: how customers find products, the engine, and what feeds it from the table of products."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.node_types import SearchNodeType
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays

BURSTABLE = "t3."


class Pipeline(Section):
    """An OpenSearch Ingestion pipeline: exports the table once, then follows its stream.

    Billed by unit and hour from the first on, whatever passes (https://aws.amazon.com/opensearch-service/pricing/).
    """

    kind: Literal["pipeline"]

    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#osis-limits
    min_units: int = Field(default=1, ge=1, le=96)
    """OpenSearch Compute Units that always run."""

    max_units: int = Field(default=4, ge=1, le=96)
    """Units up to which the pipeline grows while it exports or the stream is behind."""

    @section_rule
    def _order(self) -> Iterator[Refusal]:
        if self.max_units < self.min_units:
            yield refuse(f"must be at least `min_units`, {self.min_units}", at=("max_units",), write=self.min_units)


class FunctionFeed(Section):
    """A function that follows the table's stream, and one that fills a new index: billed by what changes."""

    kind: Literal["function"]


Feed = Annotated[Pipeline | FunctionFeed, Field(discriminator="kind")]


class OpenSearchDomain(Section):
    """Nodes of a chosen size in the VPC, with fine-grained access for IAM roles alone."""

    kind: Literal["opensearch-domain"]

    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/features-by-version.html
    version: Annotated[
        str, form(r"^OpenSearch_3\.\d{1,2}$", "a version of OpenSearch 3, such as OpenSearch_3.3", "OpenSearch_3.3")
    ] = "OpenSearch_3.3"
    """Engine; an upgrade is a blue/green deployment in place, and nothing goes back to an older one."""

    instance_type: SearchNodeType = "m7g.large.search"
    """Instance type of the data nodes."""

    zones: Literal[1, 2, 3] = 3
    """Number of zones with data nodes, the first of `network.zones`. The index has a copy in each."""

    nodes_per_zone: int = Field(default=1, ge=1, le=20)
    """Data nodes of each zone."""

    standby: bool = True
    """The nodes of one zone stand by, and take over at once when another zone fails: three zones and dedicated masters
    (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html)."""

    master_type: SearchNodeType | None = "m7g.large.search"
    """Instance type of three dedicated master nodes; without them data nodes are masters, too."""

    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#ebsresource
    storage_gib: int = Field(default=20, ge=10, le=12_288)
    """gp3 disk of each data node; the limit depends on the instance type."""

    off_peak_hour: int = Field(default=1, ge=0, le=23)
    """Hour, in UTC, at which the ten hours begin in which AWS updates the domain."""

    feed: Feed = Pipeline(kind="pipeline")
    """What brings products into the index. Another kind makes a new index, which takes over when it is filled."""

    log_days: LogRetentionDays = 365
    """Days that the logs of domain and feed are kept."""

    @property
    def nodes(self) -> int:
        """All data nodes."""
        return self.zones * self.nodes_per_zone

    @property
    def is_burstable(self) -> bool:
        """AWS offers T3 nodes neither Auto-Tune nor standby."""
        return self.instance_type.startswith(BURSTABLE)

    @section_rule
    def _stands_by(self) -> Iterator[Refusal]:
        if not self.standby:
            return
        if self.zones != 3:
            yield refuse(
                "must be 3 with `standby`: one zone stands by for two",
                fix="or `standby: false`",
                at=("zones",),
                write=3,
            )
        if self.master_type is None:
            yield refuse(
                "must be given with `standby`",
                fix="or `standby: false`",
                at=("master_type",),
                write="m7g.large.search",
            )
        for name in ("instance_type", "master_type"):
            if (getattr(self, name) or "").startswith(BURSTABLE):
                yield refuse(
                    "must not be a T3 type with `standby`: AWS does not offer it",
                    fix="or `standby: false`",
                    at=(name,),
                    write="m7g.large.search",
                )


class OpenSearchServerless(Section):
    """A collection of OpenSearch Serverless, generation NextGen, reached through an interface endpoint in the VPC and
    fed by a function. Billed by OpenSearch Compute Unit (OCU) and hour, with a replica of its own in another zone, and
    the endpoint by zone and hour (https://aws.amazon.com/opensearch-service/pricing/)."""

    kind: Literal["opensearch-serverless"]

    # Lower bounds: https://docs.aws.amazon.com/opensearch-service/latest/ServerlessAPIReference/API_CollectionGroupCapacityLimits.html
    # The upper one guards against slips; AWS's own is a quota of the account.
    min_search_units: int = Field(default=2, ge=0, le=96)
    """OCUs for searches that always run. With 0 they stop after ten minutes without one, and the next search waits 10
    to 30 seconds (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-scale-to-zero.html):
    until then the table answers."""

    max_search_units: int = Field(default=8, ge=1, le=96)
    """OCUs up to which searches grow."""

    min_indexing_units: int = Field(default=0, ge=0, le=96)
    """OCUs for changes that always run; with 0 the first change after ten quiet minutes waits as long."""

    max_indexing_units: int = Field(default=4, ge=1, le=96)
    """OCUs up to which writing grows."""

    log_days: LogRetentionDays = 365
    """Days that the logs of the feed are kept."""

    @property
    def sleeps(self) -> bool:
        """Searches scale to zero."""
        return self.min_search_units == 0

    @section_rule
    def _order(self) -> Iterator[Refusal]:
        for kind in ("search", "indexing"):
            least, most = getattr(self, f"min_{kind}_units"), getattr(self, f"max_{kind}_units")
            if most < least:
                yield refuse(f"must be at least `min_{kind}_units`, {least}", at=(f"max_{kind}_units",), write=least)


class NoSearch(Section):
    """No engine: the catalogue service looks for words in the table of products."""

    kind: Literal["off"]


SearchEngine = Annotated[OpenSearchDomain | OpenSearchServerless | NoSearch, Field(discriminator="kind")]


class SearchSettings(Section):
    engine: SearchEngine = OpenSearchDomain(kind="opensearch-domain")
    """Engine of the search. Another kind makes a new index from the table; meanwhile the catalogue service answers
    searches from the table."""

    alarm_fallbacks: int = Field(default=10, ge=1)
    """Searches answered from the table within five minutes that raise an alarm."""
