"""Rules of messages to customers."""

from collections.abc import Iterator
from typing import Annotated

from settings.engagement import EndUserMessaging, NoEngagement, PinpointLegacy
from settings.problems import Problem
from settings.relations.reads import DomainName, Services
from settings.relations.relation import Reads, problem, relation
from settings.senders import CognitoSender, SesSender

Engine = Annotated[EndUserMessaging | PinpointLegacy | NoEngagement, Reads("engagement.engine")]
Sender = Annotated[CognitoSender | SesSender, Reads("identity.email")]


@relation
def messages_have_a_sender(services: Services, engine: Engine, sender: Sender, domain: DomainName) -> Iterator[Problem]:
    using = next((name for name, service in services.items() if service.engagement != "none"), None)
    if using and isinstance(engine, EndUserMessaging) and isinstance(sender, CognitoSender):
        yield problem(
            "identity.email.kind",
            sender.kind,
            f"must be `ses`: service `{using}` uses `engagement`, and Cognito's own sender sends nothing but codes",
            "ses",
            fix="or `engagement.engine: {kind: off}`",
            edits={"identity.email.from_address": f"no-reply@{domain}"},
        )
