"""Fraud: what scoring of payments needs, its alarms, and the role of those who review held payments."""

import pulumi
import pulumi_aws as aws

from components.api import Api
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.policy_document import (
    Statement,
    account_root,
    for_foreign_roles,
    policy_document,
)
from components.blocks.table import Index, Key, Table, TableArgs
from components.foundation import Foundation
from components.metric import Metric, Ratio
from functions.common import names
from settings.fraud import Detector, FraudDetectorLegacy, FraudSettings, Layered

PAYMENTS = "payments"
"""Service that scores, and whose routes reviewers call."""
_WINDOW_SECONDS = 900
_SCORED = "PaymentsScored"


class Fraud(StoreComponent):
    """Fraud of point 10 of the guidance: tables of decisions and of velocity counters, under the key of payments, and
    the KMS key of the keyed hashes by which both know customers, addresses and networks.

    The service `payments` decides, inside its boundary; web ACLs and the user pool's threat protection are the layers
    before it. Without traffic it costs the KMS key, 1 USD a month (https://aws.amazon.com/kms/pricing/), and the
    interface endpoint of KMS where the network has one for it.
    """

    TYPE = "webstore:fraud:Fraud"
    DASHBOARD = "app"
    OUTPUTS = ("decisions_table_name", "reviewer_role_arn")
    decisions_table_name: pulumi.Output[str] | None
    """Decisions on payments; None without an engine."""
    reviewer_role_arn: pulumi.Output[str] | None
    """Role that staff assumes to review held payments; None without `fraud.reviewers`."""
    variables: dict[str, pulumi.Input[str]] | None
    """What a service that scores finds in its environment; None without an engine."""
    table_arns: list[pulumi.Output[str]]
    """Tables that scoring reads and writes."""
    backup_table_arns: list[pulumi.Output[str]]
    """Tables with recovery points in AWS Backup: counters are gone before anybody would restore them."""
    bounds: list[Statement]
    """Statements of a permissions boundary that lets a role score, beside those of the tables."""

    def __init__(
        self,
        name: str,
        *,
        settings: FraudSettings,
        foundation: Foundation,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self._reviewer = self._reviewers_role(settings.reviewers) if settings.reviewers else None
        self.reviewer_role_arn = self._reviewer.arn if self._reviewer else None
        self.decisions_table_name, self.variables = None, None
        self.table_arns, self.backup_table_arns, self.bounds = [], [], []
        self._tables: list[Table] = []
        if isinstance(settings.engine, Layered):
            self._make(settings.engine)
        self._publish()

    def grant_score(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` read and write decisions and counters, hash identifiers, and ask the model."""
        for table in self._tables:
            table.grant_read_write(role)
        return aws.iam.RolePolicy(
            f"{self._name}-score-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(*self.bounds),
            opts=self._inside,
        )

    def allow_reviews(self, api: Api) -> None:
        """Let reviewers list held payments, and release or refuse them."""
        if self._reviewer:
            api.grant_invoke(self._reviewer, PAYMENTS)

    def _make(self, engine: Layered) -> None:
        key = self._mac_key()
        decisions = self._table(
            "decisions",
            TableArgs(
                key=Key(partition=("decision_id", "S")),
                # Only decisions on a customer who is not erased carry `customer`, a keyed hash.
                indexes={"by_customer": Index(key=Key(partition=("customer", "S")), projection="KEYS_ONLY")},
                ttl_attribute="expires_at",
                stream_view="NEW_AND_OLD_IMAGES" if engine.decisions.replica_key_arns else None,
                watched_operations=("GetItem", "PutItem"),
                settings=engine.decisions,
                key_arn=self.foundation.keys.payment_key_arn,
            ),
        )
        counters = self._table(
            "counters",
            TableArgs(
                key=Key(partition=("counter", "S")),
                ttl_attribute="expires_at",
                stream_view="NEW_AND_OLD_IMAGES" if engine.counters.replica_key_arns else None,
                watched_operations=("BatchGetItem", "UpdateItem"),
                settings=engine.counters,
                key_arn=self.foundation.keys.payment_key_arn,
            ),
        )
        self.decisions_table_name = decisions.table_name
        self._tables = [decisions, counters]
        self.table_arns = [table.table_arn for table in self._tables]
        self.backup_table_arns = [decisions.table_arn]
        self.bounds = [Statement(sid="HashIdentifiers", actions=["kms:GenerateMac"], resources=[key.arn])]
        if engine.model:
            endpoint = self.foundation.arn("sagemaker", f"endpoint/{engine.model.endpoint_name}")
            # SageMaker's ARNs are in small letters, whatever the name
            # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html).
            self.bounds.append(
                Statement(sid="AskModel", actions=["sagemaker:InvokeEndpoint"], resources=[endpoint.lower()])
            )
        if isinstance(engine, FraudDetectorLegacy):
            self.bounds.append(self._ask_detector(engine.detector))
        namespace = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        self.variables = {
            names.FRAUD_ENGINE: engine.model_dump_json(
                include={
                    *("review_at", "block_at", "rules", "model", "hold_hours", "hold_unscored_above_minor"),
                    *("keep_days", "detector"),
                }
            ),
            names.FRAUD_COUNTERS_TABLE: counters.table_name,
            names.FRAUD_DECISIONS_TABLE: decisions.table_name,
            names.FRAUD_MAC_KEY: key.arn,
            names.METRICS_NAMESPACE: namespace,
        }
        self._watch(namespace, engine)

    def _ask_detector(self, detector: Detector) -> Statement:
        """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonfrauddetector.html"""
        named = (
            f"detector/{detector.name}",
            f"detector-version/{detector.name}/{detector.version}",
            f"event-type/{detector.event_type}",
        )
        return Statement(
            sid="AskDetector",
            actions=["frauddetector:GetEventPrediction"],
            resources=[self.foundation.arn("frauddetector", one) for one in named],
        )

    def _table(self, label: str, args: TableArgs) -> Table:
        return Table(f"{self._name}-{label}", args, opts=self._inside)

    def _mac_key(self) -> aws.kms.Key:
        """Key that nobody can read, so that a hash in a table cannot be tried out against known customers without it.
        KMS rotates no HMAC keys (https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html)."""
        return aws.kms.Key(
            f"{self._name}-identifiers",
            description=f"Web store, {self.foundation.environment.name}: keyed hashes of identifiers in fraud scoring",
            key_usage="GENERATE_VERIFY_MAC",
            customer_master_key_spec="HMAC_256",
            bypass_policy_lockout_safety_check=False,
            policy=policy_document(
                Statement(
                    sid="AccountDecidesByIam",
                    actions=["kms:*"],
                    principals=[account_root(self.foundation.account_id)],
                    resources=["*"],
                )
            ),
            tags={"Name": f"{self._name}-identifiers", "data-class": "payment"},
            opts=self._kept(),
        )

    def _reviewers_role(self, reviewers: tuple[str, ...]) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-reviewer",
            description="Reviews held payments",
            assume_role_policy=policy_document(
                for_foreign_roles(reviewers, sid="StaffReviews", actions=["sts:AssumeRole"])
            ),
            opts=self._inside,
        )

    def _watch(self, namespace: str, engine: Layered) -> None:
        limits, hold_hours = engine.alarms, engine.hold_hours

        def metric(name: str, seconds: int = _WINDOW_SECONDS) -> Metric:
            return Metric(
                namespace=namespace,
                name=name,
                dimensions={"service": PAYMENTS},
                statistic="Sum",
                period_seconds=seconds,
            )

        lasting = Periods(breaching=2, evaluated=3)
        alarm(
            f"{self._name}-blocked-share",
            metric=Ratio(part=metric("PaymentsBlocked"), whole=metric(_SCORED)),
            threshold=limits.blocked_percent,
            periods=lasting,
            meaning=f"More than {limits.blocked_percent} % of the payments are blocked: an attack, or a rule that hits"
            " honest customers, who cannot pay.",
            todo="see which rules fire.",
            opts=self._inside,
        )
        alarm(
            f"{self._name}-held-share",
            metric=Ratio(part=metric("PaymentsHeld"), whole=metric(_SCORED)),
            threshold=limits.held_percent,
            periods=lasting,
            meaning=f"More than {limits.held_percent} % of the payments are held for review: their customers wait, and"
            " their orders keep stock.",
            todo="see which rules fire.",
            opts=self._inside,
        )
        alarm(
            f"{self._name}-reviews-waiting",
            metric=metric("ReviewsBegun", 300),
            threshold=1,
            when="at_least",
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"A payment is held for review; after {hold_hours} hours its order is cancelled.",
            todo="have it released or refused.",
            opts=self._inside,
        )
        alarm(
            f"{self._name}-reviews-expired",
            metric=metric("ReviewsExpired", 300),
            threshold=0,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"Nobody reviewed a held payment within {hold_hours} hours: its order is cancelled, and must be"
            " placed again.",
            todo="see who reviews, and how many payments wait.",
            opts=self._inside,
        )
        alarm(
            f"{self._name}-unscored",
            metric=metric("PaymentsUnscored", 300),
            threshold=0,
            periods=Periods(breaching=1, evaluated=1),
            meaning="Payments were not scored: high amounts are held, others are let through unjudged.",
            todo="read the errors of scoring in the log of the service payments.",
            opts=self._inside,
        )
        if isinstance(engine, FraudDetectorLegacy):
            alarm(
                f"{self._name}-detector-failures",
                metric=metric("DetectorFailures", 300),
                threshold=0,
                meaning="The detector does not answer, or with an outcome that the settings lack: the rules decide.",
                todo="read the cause in the log of the service payments.",
                opts=self._inside,
            )
        if engine.model:
            alarm(
                f"{self._name}-model-failures",
                metric=metric("ModelFailures", 300),
                threshold=0,
                meaning="The model does not answer: the rules decide alone.",
                todo="read the state of its endpoint in SageMaker AI.",
                opts=self._inside,
            )
