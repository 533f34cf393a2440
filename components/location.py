"""Location: the key of maps in browsers, the search of stores, and where deliveries are."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.cloudformation import CloudFormation
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, for_foreign_roles, policy_document
from components.blocks.queue import Queue
from components.blocks.ready import once_ready
from components.blocks.service_events import ServiceEventsArgs, service_events
from components.dns import Dns
from components.foundation import Foundation
from components.metric import Metric
from functions.common import names
from settings.location import LocationSettings, LocationV1Legacy, NoLocation, Tracking

# https://docs.aws.amazon.com/location/previous/APIReference/API_MapConfiguration.html
_STYLES = {"Esri": "VectorEsriNavigation", "Here": "VectorHereExplore"}
_EVENTS = "location#approximatenumberofmessagesvisible"
DELIVERIES = "delivery-*"
"""Form of the ids of devices and geofences: what follows is a random id of the delivery, and says nothing of the
customer, since AWS keeps it in plain text in events and logs."""


class Location(StoreComponent):
    """Location of point 10 of the guidance: an API key for maps, a tracker of deliveries with their geofences, under
    the customer key, and the role of couriers' systems. A service that lists stores gets `variables` and `grant_find`.

    Amazon Location sends ENTER and EXIT of a geofence to the default event bus by itself, and each position only if
    `EventBridgeEnabled` of the tracker says so, which it does not: events have no positions that nobody needs
    (https://docs.aws.amazon.com/location/latest/developerguide/location-events.html).
    """

    TYPE = "webstore:location:Location"
    DASHBOARD = "app"
    OUTPUTS = (
        *("maps_key_name", "tracker_name", "geofence_collection_name", "courier_role_arn"),
        "delivery_dead_letter_url",
    )
    maps_key_name: pulumi.Output[str] | None
    """API key of maps; None without `maps_key`. Its value is in no state: `geo:DescribeKey` answers it."""
    tracker_name: pulumi.Output[str] | None
    """Tracker of deliveries; None without `tracking`."""
    geofence_collection_name: pulumi.Output[str] | None
    """Areas around the addresses of deliveries; None without `tracking`."""
    courier_role_arn: pulumi.Output[str] | None
    """Role that couriers' systems assume; None without `tracking`."""
    delivery_queue_arn: pulumi.Output[str] | None
    """Queue of deliveries that enter and leave areas; None without `tracking`."""
    delivery_dead_letter_url: pulumi.Output[str] | None
    """Those that could not be told to the store; None as above."""
    variables: dict[str, pulumi.Input[str]] | None
    """What a service that lists stores finds in its environment; None without stores."""
    asks: bool
    """Whether such a service calls Amazon Location."""

    def __init__(
        self,
        name: str,
        *,
        settings: LocationSettings,
        foundation: Foundation,
        dns: Dns,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self.maps_key_name = None
        self.tracker_name, self.geofence_collection_name, self.courier_role_arn = None, None, None
        self.delivery_queue_arn, self.delivery_dead_letter_url = None, None
        engine = None if isinstance(settings.engine, NoLocation) else settings.engine
        self._legacy = engine if isinstance(engine, LocationV1Legacy) else None
        self._places = engine.places if engine else None
        if engine and engine.maps_key:
            self.maps_key_name = self._maps_key(engine.maps_key.expires_on, dns)
        if self._legacy and self._places:
            self._place_index(self._legacy)
        if engine and engine.tracking:
            self._track(engine.tracking)
        # Maps as resources have no pictures for pages.
        self._pictures = self.maps_key_name is not None and self._legacy is None
        self.asks = bool(self._pictures or self._places)
        self.variables = self._listing(settings) if settings.stores else None
        self._publish()

    def grant_find(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` find positions of places, and read the key that it writes into the addresses of maps."""
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlocation.html
        key = Statement(
            sid="ReadKeyOfMaps",
            actions=["geo:DescribeKey"],
            resources=[self.foundation.arn("geo", f"api-key/{self._key_label}")],
        )
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlocationserviceplaces.html
        index = self.foundation.arn("geo", f"place-index/{self._index_label}")
        places = Statement(
            sid="FindPlaces",
            actions=["geo:SearchPlaceIndexForText" if self._legacy else "geo-places:Geocode"],
            resources=[index if self._legacy else f"arn:aws:geo-places:{self.foundation.region}::provider/default"],
        )
        return aws.iam.RolePolicy(
            f"{self._name}-find-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*([key] if self._pictures else []), *([places] if self._places else [])),
            opts=self._inside,
        )

    def grant_follow(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` take news of deliveries that enter and leave areas."""
        return self._queue.grant_receive(role)

    @property
    def _key_label(self) -> str:
        return in_stack(f"{pulumi.get_project()}-{self._name}-maps", limit=100)

    @property
    def _index_label(self) -> str:
        return in_stack(f"{pulumi.get_project()}-{self._name}-places", limit=100)

    def _listing(self, settings: LocationSettings) -> dict[str, pulumi.Input[str]]:
        stores = {name: store.model_dump(mode="json") for name, store in settings.stores.items()}
        return {
            names.STORES: json.dumps(stores, separators=(",", ":"), ensure_ascii=False),
            **({names.MAPS_KEY: self._key_label} if self._pictures else {}),
            **({names.PLACES_INDEX: self._index_label} if self._legacy and self._places else {}),
            **({names.PLACES_LIMIT: str(self._places.searches_per_minute)} if self._places else {}),
        }

    def _place_index(self, engine: LocationV1Legacy) -> None:
        aws.location.PlaceIndex(
            f"{self._name}-places",
            index_name=self._index_label,
            description="Places near the store's branches",
            data_source=engine.data_provider,
            # Services keep positions in their cache.
            data_source_configuration=aws.location.PlaceIndexDataSourceConfigurationArgs(intended_use="Storage"),
            opts=self._inside,
        )

    def _map(self, engine: LocationV1Legacy) -> None:
        aws.location.Map(
            f"{self._name}-maps",
            map_name=self._key_label,
            description="Maps on pages of the store",
            configuration=aws.location.MapConfigurationArgs(style=_STYLES[engine.data_provider]),
            opts=self._inside,
        )

    def _maps_key(self, expires_on: str, dns: Dns) -> pulumi.Output[str]:
        actions = ["geo-maps:GetStaticMap", "geo-maps:GetTile"]
        resource = f"arn:aws:geo-maps:{self.foundation.region}::provider/default"
        if self._legacy:
            self._map(self._legacy)
            # https://docs.aws.amazon.com/location/previous/developerguide/using-apikeys.html
            actions, resource = ["geo:GetMap*"], self.foundation.arn("geo", f"map/{self._key_label}")
        made = {
            "Type": "AWS::Location::APIKey",
            "Properties": {
                "KeyName": self._key_label,
                "Description": "Maps on pages of the store",
                "ExpireTime": f"{expires_on}T00:00:00.000Z",
                "Restrictions": {
                    "AllowActions": actions,
                    "AllowReferers": [f"{dns.url}/*"],
                    "AllowResources": [resource],
                },
                # Otherwise AWS refuses changes for a week after the last use, and the deletion of a key that is valid
                # (https://docs.aws.amazon.com/location/latest/APIReference/API_geoapikeys_UpdateKey.html).
                "ForceUpdate": True,
                "ForceDelete": True,
            },
        }
        stack = CloudFormation(
            f"{self._name}-maps",
            {"Key": made},
            about="Key of maps on the store's pages",
            opts=self._inside,
        )
        return once_ready(self._key_label, stack.resource)

    def _track(self, settings: Tracking) -> None:
        key_arn = self.foundation.keys.customer_key_arn
        label = in_stack(f"{pulumi.get_project()}-deliveries", limit=100)
        tracker = aws.location.Tracker(
            f"{self._name}-deliveries",
            tracker_name=label,
            description="Positions of deliveries",
            kms_key_id=key_arn,
            # Positions that move by less than the device's accuracy are neither stored nor billed.
            position_filtering="AccuracyBased",
            opts=self._inside,
        )
        areas = aws.location.GeofenceCollection(
            f"{self._name}-deliveries",
            collection_name=label,
            description="Areas in which a delivery is near",
            kms_key_id=key_arn,
            opts=self._inside,
        )
        aws.location.TrackerAssociation(
            f"{self._name}-deliveries",
            tracker_name=tracker.tracker_name,
            consumer_arn=areas.collection_arn,
            opts=self._inside,
        )
        self.tracker_name, self.geofence_collection_name = tracker.tracker_name, areas.collection_name
        self.courier_role_arn = self._courier_role(settings.couriers, label).arn
        self._queue = self._follow(label, settings.event_age_alarm_minutes)
        self.delivery_queue_arn = self._queue.queue_arn
        self.delivery_dead_letter_url = self._queue.dead_letter_url
        alarm(
            f"{self._name}-reports-refused",
            # https://docs.aws.amazon.com/location/latest/developerguide/cloudwatch.html
            metric=Metric(
                namespace="AWS/Location",
                name="ErrorCount",
                dimensions={"OperationName": "BatchUpdateDevicePosition", "ResourceName": label},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=settings.alarm_errors,
            periods=Periods(breaching=2, evaluated=3),
            meaning="Amazon Location refuses reports of positions: nobody learns that a delivery is near.",
            todo="see what the courier's system is answered.",
            opts=self._inside,
        )

    def _follow(self, label: str, alarm_minutes: int) -> Queue:
        """Queue of what Amazon Location tells the account's default bus of this stack's areas."""
        return service_events(
            f"{self._name}-deliveries",
            ServiceEventsArgs(
                about="Deliveries that enter or leave the area around their address",
                # https://docs.aws.amazon.com/location/latest/developerguide/location-events.html
                pattern=json.dumps(
                    {
                        "source": ["aws.geo"],
                        "detail-type": ["Location Geofence Event"],
                        "resources": [self.foundation.arn("geo", f"geofence-collection/{label}")],
                        "detail": {"EventType": ["ENTER", "EXIT"]},
                    }
                ),
                key_arn=self.foundation.keys.customer_key_arn,
                runbook=_EVENTS,
                # Who learns of it a day later learns nothing.
                retention_days=1,
                max_receives=5,
                retry_hours=1,
                age_minutes=alarm_minutes,
                late=f"The news that a delivery is near waits for more than {alarm_minutes} minutes: customers do"
                " not see it on their orders.",
                late_todo="see whether the function of service deliveries runs, then read its log.",
                lost="The news that deliveries are near did not reach its queue.",
            ),
            opts=self._inside,
        )

    def _courier_role(self, couriers: tuple[str, ...], label: str) -> aws.iam.Role:
        """Role that writes positions and areas of deliveries, and reads none."""
        role = aws.iam.Role(
            f"{self._name}-courier",
            description="Reports where deliveries are",
            assume_role_policy=policy_document(
                for_foreign_roles(couriers, sid="CouriersReport", actions=["sts:AssumeRole"])
            ),
            opts=self._inside,
        )
        aws.iam.RolePolicy(
            f"{self._name}-courier",
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonlocation.html
                Statement(
                    sid="ReportPositions",
                    actions=["geo:BatchUpdateDevicePosition"],
                    resources=[self.foundation.arn("geo", f"tracker/{label}")],
                    conditions={"ForAllValues:StringLike": {"geo:DeviceIds": [DELIVERIES]}},
                ),
                Statement(
                    sid="SetAreas",
                    actions=["geo:BatchDeleteGeofence", "geo:BatchPutGeofence", "geo:PutGeofence"],
                    resources=[self.foundation.arn("geo", f"geofence-collection/{label}")],
                    conditions={"ForAllValues:StringLike": {"geo:GeofenceIds": [DELIVERIES]}},
                ),
            ),
            opts=self._inside,
        )
        return role
