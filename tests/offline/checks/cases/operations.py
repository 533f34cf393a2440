"""Cases of the rules in `offline/checks/rules/operations.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import ALARM, ARN, Case

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "cloudwatch/metricAlarm:MetricAlarm": (
        ALARM,
        [
            ({"statistic": None}, "statistic"),
            ({"extendedStatistic": "p99"}, "extendedStatistic"),
            ({"namespace": None}, "namespace"),
            ({"period": 45}, "period"),
            ({"period": 300, "evaluationPeriods": 300}, "evaluationPeriods"),
            ({"datapointsToAlarm": 4}, "datapointsToAlarm"),
            (
                {"metricName": None, "metricQueries": [{"id": "A1", "expression": "1", "returnData": True}]},
                "metricQueries[0].id",
            ),
            ({"metricName": None, "metricQueries": [{"id": "a", "expression": "1"}]}, "metricQueries"),
            ({"alarmActions": [ARN.format("sns", f"t{i}") for i in range(6)]}, "alarmActions"),
        ],
    ),
    "cloudwatch/logGroup:LogGroup": ({"name": "/a/b"}, [({"name": "a b"}, "name")]),
    "cloudwatch/dashboard:Dashboard": (
        {"dashboardName": "d", "dashboardBody": json.dumps({"widgets": [{"type": "text", "width": 24}]})},
        [
            ({"dashboardBody": "{}"}, "dashboardBody"),
            ({"dashboardBody": json.dumps({"widgets": [{"width": 1}]})}, "dashboardBody"),
            ({"dashboardBody": json.dumps({"widgets": [{"type": "text", "width": 25}]})}, "dashboardBody"),
        ],
    ),
    "budgets/budget:Budget": (
        {"budgetType": "COST", "limitAmount": "5", "limitUnit": "USD", "timeUnit": "MONTHLY"},
        [
            ({"limitAmount": "five"}, "limitAmount"),
            ({"limitAmount": None}, "limitAmount"),
            ({"notifications": [{"threshold": 80}]}, "notifications[0].subscriberEmailAddresses"),
        ],
    ),
    "guardduty/detector:Detector": (
        {"enable": True, "findingPublishingFrequency": "ONE_HOUR"},
        [({"findingPublishingFrequency": "HOURLY"}, "findingPublishingFrequency")],
    ),
    "lex/v2modelsBot:V2modelsBot": (
        {"name": "b", "idleSessionTtlInSeconds": 60},
        [({"idleSessionTtlInSeconds": 59}, "idleSessionTtlInSeconds")],
    ),
    "lex/v2modelsBotLocale:V2modelsBotLocale": (
        {"localeId": "en_US", "nLuIntentConfidenceThreshold": 0.5},
        [({"nLuIntentConfidenceThreshold": 1.5}, "nLuIntentConfidenceThreshold")],
    ),
    "ssm/parameter:Parameter": (
        {"name": "/store/flags", "type": "String", "value": "x"},
        [
            ({"name": "store/flags"}, "name"),
            ({"name": "/aws/flags"}, "name"),
            ({"value": "x" * 4097}, "value"),
        ],
    ),
    "location/tracker:Tracker": ({"trackerName": "t"}, [({"trackerName": "a b"}, "trackerName")]),
}
