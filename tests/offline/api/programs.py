"""Programs that declare dynamic resources."""

GROUP = """
import json
import pulumi
from providers.calls import Place
from providers.personalize import Dataset, DatasetGroup, EventTracker, Filter, Recommender, Schema, Solution

place = Place("123456789012", "eu-west-1")
columns = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID")]
columns.append({"name": "TIMESTAMP", "type": "long"})
avro = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "fields": columns}
schema = Schema("views", place=place, name="shop-views", schema=json.dumps(avro), domain="ECOMMERCE")
tags = {"environment": "dev"}
after = pulumi.ResourceOptions(depends_on=[schema])
group = DatasetGroup("shop", place=place, tags=tags, name="shop", domain="ECOMMERCE", opts=after)
"""
_TRACKER = """
of_group = {"place": place, "tags": tags, "dataset_group_arn": group.arn}
views = Dataset("views", **of_group, name="shop-views", schema_arn=schema.arn, dataset_type="Interactions")
ready = pulumi.ResourceOptions(depends_on=[views])
tracker = EventTracker("shop", **of_group, name="shop", opts=ready)
pulumi.export("tracking", tracker.tracking_id)
"""
_REST = """
Filter("bought", **of_group, name="shop-bought", opts=ready,
    filter_expression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")')
Recommender("for-you", **of_group, name="shop-for-you", opts=ready,
    recipe_arn="arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you",
    recommender_config={"minRecommendationRequestsPerSecond": 1})
Solution("trained", **of_group, name="shop-trained", opts=ready,
    recipe_arn="arn:aws:personalize:::recipe/aws-user-personalization-v2",
    perform_auto_training=True, solution_config={"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}})
"""
TRACKED = GROUP + _TRACKER
WHOLE = TRACKED + _REST
