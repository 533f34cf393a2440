"""Amazon Personalize: events, products, recommendations, and jobs that have users forgotten.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
"""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.services.forms import Account, Call, Describe, Parameters, arn, everything, plain


def _recommend(parameters: Parameters, _: Account) -> Sequence[Call]:
    """A filter is asked for, too."""
    named = [parameters["recommenderArn"], *([parameters["filterArn"]] if parameters.get("filterArn") else [])]
    return [Call("personalize:GetRecommendations", one) for one in named]


def _forget(parameters: Parameters, account: Account) -> Sequence[Call]:
    job = arn(account, "personalize", f"data-deletion-job/{parameters['jobName']}")
    passed = {"iam:PassedToService": "personalize.amazonaws.com"}
    return [
        *(Call("personalize:CreateDataDeletionJob", one) for one in (parameters["datasetGroupArn"], job)),
        Call("iam:PassRole", parameters["roleArn"], passed),
    ]


PERSONALIZE: Final[Mapping[str, Describe]] = {
    "CreateDataDeletionJob": _forget,
    "DescribeDataDeletionJob": plain(
        "personalize:DescribeDataDeletionJob", lambda asked, _: asked["dataDeletionJobArn"]
    ),
}
EVENTS: Final[Mapping[str, Describe]] = {
    "PutEvents": plain("personalize:PutEvents", everything),
    "PutItems": plain("personalize:PutItems", lambda asked, _: asked["datasetArn"]),
}
RUNTIME: Final[Mapping[str, Describe]] = {"GetRecommendations": _recommend}
