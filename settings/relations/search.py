"""Rules of the search: its nodes have zones."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.relations.reads import Profile, SearchEngine, Zones
from settings.relations.relation import problem, relation
from settings.search import OpenSearchDomain


@relation
def search_nodes_have_zones(profile: Profile, engine: SearchEngine, zones: Zones) -> Iterator[Problem]:
    # Production must have three zones, which is told at `network.zones`: fewer nodes would be no way out.
    if isinstance(engine, OpenSearchDomain) and engine.zones > len(zones) and profile != "prod":
        yield problem(
            "search.engine.zones",
            engine.zones,
            f"must be at most the number of zones of `network.zones`, {len(zones)}",
            len(zones),
            edits={"search.engine.standby": False} if engine.standby else None,
        )
