"""End User Messaging: phone numbers and configuration sets."""

from tests.policies.cases.helpers.cloud_control import controlled
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def number(**props):
    return res("pinpoint/smsvoicev2PhoneNumber:Smsvoicev2PhoneNumber", CULPRIT, props)


_MESSAGES = res("pinpoint/smsvoicev2ConfigurationSet:Smsvoicev2ConfigurationSet", CULPRIT, {"name": "sms"})

CASES = {
    "pinpoint-sms-deletion-protection": Cases(
        good={"on": [number(deletionProtectionEnabled=True)]},
        bad={"not set": [number()], "off": [number(deletionProtectionEnabled=False)]},
    ),
    "pinpoint-sms-events": Cases(
        good={
            "event destination": [
                _MESSAGES,
                res(
                    "pinpoint/smsvoicev2EventDestination:Smsvoicev2EventDestination",
                    "events",
                    {"configurationSetName": UNKNOWN},
                    refers={"configurationSetName": [_MESSAGES]},
                ),
            ],
            "CloudFormation": [
                controlled("AWS::SMSVOICE::ConfigurationSet", EventDestinations=[{"EventDestinationName": "all"}])
            ],
        },
        bad={
            "no event destination": [_MESSAGES],
            "CloudFormation": [controlled("AWS::SMSVOICE::ConfigurationSet", Tags=[])],
        },
    ),
}
