"""IAM: users."""

from tests.policies.cases.helpers.roles import trust
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res

CASES = {
    "iam-user-none": Cases(
        good={"a role": [trust()]},
        bad={
            "a user": [res("iam/user:User", CULPRIT, {"name": "deployer"})],
            "a key": [res("iam/accessKey:AccessKey", CULPRIT, {"user": UNKNOWN})],
            "a console password": [res("iam/userLoginProfile:UserLoginProfile", CULPRIT, {"user": "anna"})],
        },
    ),
}
