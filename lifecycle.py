"""Where AWS's services are in their life: what an account opened today can use, until when, and what comes after.

Policies, `make doctor` and `docs/lifecycle.md` read this record. It is renewed by hand from AWS's own pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

CHECKED: Final = date(2026, 11, 29)
"""Day on which the sources were last read; https://aws.amazon.com/products/lifecycle/ lists what changed since."""


class Status(StrEnum):
    """The stages of https://aws.amazon.com/products/lifecycle/, and what comes before them."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    """AWS advises another service or version; an account opened today can still use it."""
    CLOSED = "closed to new customers"
    """Who has it goes on; an account opened today cannot create it."""
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service, or a part of one that has a life of its own."""

    name: str
    status: Status = Status.CURRENT
    since: date | None = None
    """Day of the status, where AWS tells it."""
    ends: date | None = None
    """Day on which AWS switches it off, or did."""
    successor: str = ""
    source: str
    """Page that says so."""
    kinds: tuple[str, ...] = ()
    """Its resource types, unless it is current: `module/type` of pulumi_aws, or `AWS::...` where that has none."""
    actions: tuple[str, ...] = ()
    """Prefixes of IAM actions that no other service has, where it is closed or ended."""

    @property
    def words(self) -> str:
        """Status, dates and successor, for a finding."""
        since = f" since {self.since}" if self.since else ""
        if self.status is Status.ENDED and self.ends:
            stage = f"ended on {self.ends}"
        else:
            stage = f"is {self.status.value}{since}" + (f" and ends on {self.ends}" if self.ends else "")
        return f"{self.name} {stage}" + (f"; its successor is {self.successor}" if self.successor else "")


_DOCS = "https://docs.aws.amazon.com"
_WAF_CLASSIC = (
    *("byteMatchSet", "geoMatchSet", "ipSet", "rateBasedRule", "regexMatchSet", "regexPatternSet", "rule", "ruleGroup"),
    *("sizeConstraintSet", "sqlInjectionMatchSet", "webAcl", "xssMatchSet"),
)

SERVICES: Final[Sequence[Service]] = (
    Service(name="API Gateway", source=f"{_DOCS}/apigateway/latest/developerguide/set-up-private-integration.html"),
    Service(
        name="API Gateway VPC link V1",
        status=Status.SUPERSEDED,
        successor="VPC link V2 (apigatewayv2.VpcLink)",
        source=f"{_DOCS}/apigateway/latest/developerguide/vpc-links-v1.html",
        kinds=("apigateway/vpcLink",),
    ),
    Service(
        name="App Runner",
        status=Status.CLOSED,
        since=date(2026, 4, 30),
        successor="Amazon ECS Express Mode",
        source=f"{_DOCS}/apprunner/latest/dg/apprunner-availability-change.html",
        actions=("apprunner",),
        kinds=(
            "apprunner/autoScalingConfigurationVersion",
            "apprunner/connection",
            "apprunner/customDomainAssociation",
            "apprunner/defaultAutoScalingConfigurationVersion",
            "apprunner/deployment",
            "apprunner/observabilityConfiguration",
            "apprunner/service",
            "apprunner/vpcConnector",
            "apprunner/vpcIngressConnection",
        ),
    ),
    Service(
        name="CloudFront origin access identity",
        status=Status.SUPERSEDED,
        successor="origin access control",
        source=f"{_DOCS}/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        kinds=("cloudfront/originAccessIdentity",),
    ),
    Service(
        name="Elasticsearch on OpenSearch Service",
        status=Status.SUPERSEDED,
        successor="OpenSearch (opensearch.Domain)",
        source="https://endoflife.date/amazon-elasticsearch",
        kinds=("elasticsearch/domain",),
    ),
    Service(
        name="Amazon Fraud Detector",
        status=Status.CLOSED,
        since=date(2025, 11, 7),
        successor="rules of the store itself, AWS WAF fraud control and SageMaker AI",
        source=f"{_DOCS}/frauddetector/latest/ug/frauddetector-availability-change.html",
        actions=("frauddetector",),
        kinds=(
            "AWS::FraudDetector::Detector",
            "AWS::FraudDetector::EntityType",
            "AWS::FraudDetector::EventType",
            "AWS::FraudDetector::Label",
            "AWS::FraudDetector::List",
            "AWS::FraudDetector::Outcome",
            "AWS::FraudDetector::Variable",
        ),
    ),
    Service(
        name="Amazon Lex V1",
        status=Status.ENDED,
        since=date(2025, 9, 15),
        ends=date(2025, 9, 15),
        successor="Lex V2 (lex.V2models*)",
        source=f"{_DOCS}/lex/latest/dg/migrate.html",
        kinds=("lex/bot", "lex/botAlias", "lex/intent", "lex/slotType"),
    ),
    Service(name="Amazon Lex V2", source=f"{_DOCS}/lexv2/latest/dg/assisted-nlu.html"),
    Service(
        name="Amazon Location: places, maps and routes as resources",
        status=Status.SUPERSEDED,
        successor="geo-places, geo-maps and geo-routes with an API key",
        source=f"{_DOCS}/location/previous/APIReference/API_DescribePlaceIndex.html",
        kinds=(
            "location/map",
            "location/placeIndex",
            "location/routeCalculation",
        ),
    ),
    Service(name="Amazon Location Service", source=f"{_DOCS}/location/latest/developerguide/"),
    Service(name="Amazon OpenSearch Service", source=f"{_DOCS}/opensearch-service/latest/developerguide/"),
    Service(
        name="Amazon OpenSearch Serverless",
        source=f"{_DOCS}/opensearch-service/latest/developerguide/serverless-scale-to-zero.html",
    ),
    Service(name="Amazon Personalize", source=f"{_DOCS}/personalize/latest/dg/document-history.html"),
    Service(
        name="Amazon Pinpoint",
        status=Status.ENDED,
        since=date(2026, 10, 30),
        ends=date(2026, 10, 30),
        successor="Amazon SES, Connect Customer Profiles and outbound campaigns, End User Messaging",
        source=f"{_DOCS}/pinpoint/latest/userguide/migrate.html",
        kinds=(
            "pinpoint/app",
            "pinpoint/emailChannel",
            "pinpoint/emailTemplate",
            "pinpoint/eventStream",
        ),
    ),
    Service(name="Amazon SES", source=f"{_DOCS}/ses/latest/dg/Welcome.html"),
    Service(
        name="S3 Object Lambda",
        status=Status.CLOSED,
        since=date(2025, 11, 7),
        successor="a function behind CloudFront or API Gateway",
        source="https://github.com/hashicorp/terraform-provider-aws/issues/44720",
        actions=("s3-object-lambda",),
        kinds=("s3control/objectLambdaAccessPoint",),
    ),
    Service(name="AWS End User Messaging", source=f"{_DOCS}/sms-voice/latest/userguide/what-is-sms-mms.html"),
    Service(
        name="AWS WAF Classic",
        status=Status.ENDED,
        since=date(2025, 9, 30),
        ends=date(2025, 9, 30),
        successor="AWS WAF (wafv2)",
        source=f"{_DOCS}/waf/latest/developerguide/waf-migrating-why-migrate.html",
        actions=("waf", "waf-regional"),
        kinds=(
            *(f"{module}/{name}" for module in ("waf", "wafregional") for name in _WAF_CLASSIC),
            "wafregional/webAclAssociation",
        ),
    ),
)
"""Services of this architecture whose life its builders must know, and those that they might take by mistake."""


def named(name: str) -> Service:
    """
    Raises:
        LookupError: the record has no service of this name.
    """
    for service in SERVICES:
        if service.name == name:
            return service
    raise LookupError(f"lifecycle.SERVICES must have {name!r}")


def by_action(*statuses: Status) -> Mapping[str, Service]:
    """Prefix of IAM actions -> its service, for services of these statuses."""
    return {prefix: service for service in SERVICES if service.status in statuses for prefix in service.actions}


def by_kind(*statuses: Status) -> Mapping[str, Service]:
    """Resource type -> its service, for services of these statuses."""
    return dict(_kinds(statuses))


def _kinds(statuses: Sequence[Status]) -> Iterator[tuple[str, Service]]:
    for service in SERVICES:
        if service.status in statuses:
            yield from ((kind, service) for kind in service.kinds)
