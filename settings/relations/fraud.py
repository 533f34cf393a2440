"""Rules of the scoring of payments, and of reviews."""

from collections.abc import Iterator
from typing import Annotated

from settings.fraud import Layered, NoScoring
from settings.problems import Problem
from settings.relations.reads import Account, Profile, Services
from settings.relations.relation import Reads, problem, relation

Engine = Annotated[Layered | NoScoring, Reads("fraud.engine")]
Reviewers = Annotated[tuple[str, ...], Reads("fraud.reviewers")]
# `components.fraud.PAYMENTS`: reviewers call the routes of this service.
_PAYMENTS = "payments"


@relation
def reviewers_call_routes_for_machines(services: Services, reviewers: Reviewers) -> Iterator[Problem]:
    service = services.get(_PAYMENTS)
    if reviewers and not (service and any(route.auth == "iam" for route in service.routes)):
        yield problem(
            "fraud.reviewers",
            list(reviewers),
            "must be left out: there is no service `payments` with `auth: iam` routes, by which they review",
            [],
            fix="or give the service its routes `/reviews`",
        )


@relation
def production_reviews_what_it_holds(
    profile: Profile, account_id: Account, services: Services, engine: Engine, reviewers: Reviewers
) -> Iterator[Problem]:
    scores = any(service.fraud for service in services.values())
    if profile == "prod" and scores and isinstance(engine, Layered) and not reviewers:
        yield problem(
            "fraud.reviewers",
            [],
            "profile `prod` must name who reviews held payments: otherwise each order that is held is cancelled after"
            f" {engine.hold_hours} hours",
            [f"arn:aws:iam::{account_id}:role/store-support"],
        )
