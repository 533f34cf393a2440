"""Location: the key of maps in browsers, and where deliveries are."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.cloudformation import CloudFormation
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, for_foreign_roles, policy_document
from components.blocks.ready import once_ready
from components.dns import Dns
from components.foundation import Foundation
from components.metric import Metric
from settings.location import LocationSettings, LocationV2, MapsKey, Tracking

DELIVERIES = "delivery-*"
"""Form of the ids of devices and geofences: what follows is a random id of the delivery, and says nothing of the
customer, since AWS keeps it in plain text in events and logs."""


class Location(StoreComponent):
    """Location of point 10 of the guidance: an API key for maps, a tracker of deliveries with their geofences, under
    the customer key, and the role of couriers' systems.

    Amazon Location sends ENTER and EXIT of a geofence to the default event bus by itself, and each position only if
    `EventBridgeEnabled` of the tracker says so, which it does not: events have no positions that nobody needs
    (https://docs.aws.amazon.com/location/latest/developerguide/location-events.html).
    """

    TYPE = "webstore:location:Location"
    DASHBOARD = "app"
    OUTPUTS = ("maps_key_name", "tracker_name", "geofence_collection_name", "courier_role_arn")
    maps_key_name: pulumi.Output[str] | None
    """API key of maps; None without `maps_key`. Its value is in no state: `geo:DescribeKey` answers it."""
    tracker_name: pulumi.Output[str] | None
    """Tracker of deliveries; None without `tracking`."""
    geofence_collection_name: pulumi.Output[str] | None
    """Areas around the addresses of deliveries; None without `tracking`."""
    courier_role_arn: pulumi.Output[str] | None
    """Role that couriers' systems assume; None without `tracking`."""

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
        if isinstance(settings.engine, LocationV2):
            if settings.engine.maps_key:
                self.maps_key_name = self._maps_key(settings.engine.maps_key, dns)
            if settings.engine.tracking:
                self._track(settings.engine.tracking)
        self._publish()

    def _maps_key(self, key: MapsKey, dns: Dns) -> pulumi.Output[str]:
        region = self.foundation.region
        name = in_stack(f"{pulumi.get_project()}-{self._name}-maps", limit=100)
        made = {
            "Type": "AWS::Location::APIKey",
            "Properties": {
                "KeyName": name,
                "Description": "Maps on pages of the store",
                "ExpireTime": f"{key.expires_on}T00:00:00.000Z",
                "Restrictions": {
                    "AllowActions": ["geo-maps:GetStaticMap", "geo-maps:GetTile"],
                    "AllowReferers": [f"{dns.url}/*"],
                    "AllowResources": [f"arn:aws:geo-maps:{region}::provider/default"],
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
        return once_ready(name, stack.resource)

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
        alarm(
            f"{self._name}-reports-refused",
            # https://docs.aws.amazon.com/location/latest/developerguide/cloudwatch.html
            metric=Metric(
                namespace="AWS/Location",
                name="ErrorCount",
                dimensions={"OperationName": "BatchUpdateDevicePosition"},
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=settings.alarm_errors,
            periods=Periods(breaching=2, evaluated=3),
            meaning="Amazon Location refuses reports of positions: nobody learns that a delivery is near.",
            todo="see what the courier's system is answered.",
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
