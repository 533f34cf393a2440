"""Rules about `web_tier.closed_paths`: what customers need stays open."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from settings.clients import WebClient
from settings.edge import HealthCheck
from settings.endpoints import ROOT
from settings.problems import Problem
from settings.relations.relation import Reads, problem, relation
from settings.web_tier import ClosedPath

_MAINTENANCE = "/maintenance"


@relation
def closed_paths_leave_the_store_open(
    closed: Annotated[tuple[ClosedPath, ...], Reads("web_tier.closed_paths")],
    start_page: Annotated[str, Reads("edge.default_root_object")],
    probe: Annotated[HealthCheck | None, Reads("edge.health_check")],
    media: Annotated[tuple[str, ...], Reads("edge.media_paths")],
    assets: Annotated[tuple[str, ...], Reads("edge.web_asset_paths")],
    web: Annotated[WebClient, Reads("identity.web")],
) -> Iterator[Problem]:
    needed: Mapping[str, str] = {
        **dict.fromkeys((*web.callback_paths, *web.logout_paths), "`identity.web` sends customers there"),
        **{path.partition("*")[0]: f"`edge` serves {path} from there" for path in (*media, *assets)},
        **({probe.path: "`edge.health_check` requests it"} if probe else {}),
        f"/{start_page}": "it is the start page, `edge.default_root_object`",
        f"/{ROOT}/": "it is the API's",
        f"{_MAINTENANCE}/": "it is the maintenance page's",
    }
    for position, path in enumerate(closed):
        for page, why in needed.items():
            if page == path or page.startswith((f"{path}/", f"{path}?")):
                yield problem(
                    f"web_tier.closed_paths.{position}",
                    path,
                    f"must not close {page}: {why}",
                    fix="leave it out, or name a path below it",
                )
                break
