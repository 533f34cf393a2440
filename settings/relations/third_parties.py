"""Rules of the data that third parties receive."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from events.catalogue import events, undeclared
from settings.events import ThirdParty
from settings.problems import Problem
from settings.relations.reads import Region
from settings.relations.relation import Reads, likely, problem, relation


@relation
def third_parties_get_declared_fields_of_declared_classes(
    parties: Annotated[Mapping[str, ThirdParty], Reads("events.third_parties")],
) -> Iterator[Problem]:
    for name, party in parties.items():
        path = ("events", "third_parties", name)
        sent: set[str] = set()
        for event_name, delivery in party.sends.items():
            event = events().get(event_name)
            if event is None:
                yield problem(
                    (*path, "sends", event_name),
                    event_name,
                    undeclared(event_name),
                    fix="name an event of docs/events.md",
                )
                continue
            always = sorted(field.path for field in event.fields.values() if field.required)
            wanted: dict[tuple[str, ...], str] = {("fields", key): field for key, field in delivery.fields.items()}
            wanted |= {("only_if",): delivery.only_if} if delivery.only_if else {}
            for key, field_path in wanted.items():
                place = (*path, "sends", event_name, *key)
                field = event.fields.get(field_path)
                if field is None or not field.required:
                    yield problem(
                        place,
                        field_path,
                        f"must be a field that every {event_name} has: without a value the request would not be JSON",
                        likely(field_path, always),
                        fix=f"one of {', '.join(always)}",
                    )
                elif key == ("only_if",) and field.type != "boolean":
                    yield problem(
                        place,
                        field_path,
                        f"must be a yes-or-no field for a condition; in {event_name} it is {field.type}",
                        None,
                        fix="or name a field of type boolean",
                    )
            sent |= {event.fields[path].data_class for path in delivery.fields.values() if path in event.fields}
        undeclared_classes = sorted(sent - set(party.data_classes))
        unused_classes = sorted(set(party.data_classes) - sent) if sent else []
        if undeclared_classes or unused_classes:
            what = " and ".join(
                [
                    *([f"must name {', '.join(undeclared_classes)}, which it receives"] if undeclared_classes else []),
                    *(
                        [f"must not name {', '.join(unused_classes)}, which it does not receive"]
                        if unused_classes
                        else []
                    ),
                ]
            )
            yield problem(
                (*path, "data_classes"),
                party.data_classes,
                f"{what}: the record of processing must be correct",
                sorted(sent),
            )


@relation
def secrets_of_third_parties_lie_in_the_region(
    region: Region, parties: Annotated[Mapping[str, ThirdParty], Reads("events.third_parties")]
) -> Iterator[Problem]:
    for name, party in parties.items():
        arn = party.auth.secret.arn
        if arn is not None and arn.split(":")[3] != region:
            yield problem(
                f"events.third_parties.{name}.auth.secret.arn",
                arn,
                f"must be in the home Region {region}, where CloudFormation reads it",
                fix="name the secret's replica in this Region",
            )
