"""What it means for customers and other teams when a resource is replaced or deleted, by type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from settings.images import CACHE


@dataclass(frozen=True)
class Consequence:
    """Texts that go on after "user pool `identity`: replaced: "."""

    noun: str
    replaced: str
    """What a replacement means."""
    kept: str = ""
    """The same where Pulumi leaves the old one in AWS (`retain_on_delete`)."""
    deleted: str = ""
    """What a deletion means, where it is something else."""
    missed: Callable[[Mapping[str, Any]], bool] = lambda _: True
    """Whether anybody misses one with these outputs."""
    beside: str | None = None
    """What a replacement means that is made first, where it is something else; nothing if empty."""
    protected: str = ""
    """What it means in that case with `environment.protect`."""

    def of_replacement(self, *, kept: bool, beside: bool = False, protected: bool = False) -> str:
        """Empty if nobody misses anything.

        Args:
            kept: Pulumi leaves the old one in AWS.
            beside: The new one is made before the old one goes.
            protected: AWS refuses to delete the old one.
        """
        if beside and self.beside is not None:
            return self.protected if protected and self.protected else self.beside
        return self.kept if kept and self.kept else self.replaced

    def of_deletion(self) -> str:
        return self.deleted or self.replaced


def _data(noun: str, what: str, after: str = "") -> Consequence:
    return Consequence(
        noun,
        replaced=f"{what} are deleted with the old one{after}",
        kept=f"{what} stay in the old one, which AWS keeps and nobody reads{after}",
        deleted=f"{what} are deleted{after}",
    )


CONSEQUENCES: Final = {
    # What holds data.
    "aws:cognito/userPool:UserPool": Consequence(
        "user pool",
        "every customer account is deleted; customers must sign up again",
        kept="every customer account stays in the old one, which nobody signs in to; customers must sign up again",
    ),
    "aws:dynamodb/table:Table": _data("table", "its items"),
    "aws:s3/bucket:Bucket": _data("bucket", "its objects"),
    "aws:efs/fileSystem:FileSystem": _data("file system", "its files"),
    "aws:efs/replicationConfiguration:ReplicationConfiguration": Consequence(
        "replication of files", "the copy in the other Region ends and is made anew, and the old copy stays"
    ),
    "aws:ecr/repository:Repository": Consequence(
        "image repository",
        "its images are deleted with the old one; no task can start before they are pushed to the new one",
        kept="its images stay in the old one; no task can start before they are pushed to the new one",
        deleted="its images are deleted; with `environment.protect` they stay in ECR, outside the stack",
        # ECR fills a repository of the cache anew.
        missed=lambda outputs: not str(outputs["name"]).startswith(f"{CACHE}-"),
    ),
    "aws:kms/key:Key": Consequence(
        "key",
        "what is encrypted under the old key can be read until its deletion window ends, and never after",
        kept="what is encrypted under the old key stays readable as long as somebody keeps that key",
        deleted="what is encrypted under it can be read until its deletion window ends, and never after",
    ),
    "aws:secretsmanager/secret:Secret": Consequence(
        "secret",
        "its value must be set again",
        deleted="its value is deleted after the recovery window",
    ),
    "aws:kinesis/stream:Stream": _data("stream", "records that nobody has read yet"),
    "aws:msk/cluster:Cluster": _data("Kafka cluster", "its topics and their records", "; owners get new addresses"),
    "aws:msk/serverlessCluster:ServerlessCluster": _data(
        "Kafka cluster", "its topics and their records", "; owners get new addresses"
    ),
    "aws:msk/topic:Topic": _data("topic", "its records"),
    "aws:sqs/queue:Queue": _data("queue", "messages that nobody has received yet"),
    "aws:cloudwatch/eventBus:EventBus": Consequence(
        "event bus", "rules of other accounts and teams hear nothing more until they name the new one"
    ),
    "aws:cloudwatch/eventArchive:EventArchive": _data("archive", "its events"),
    "aws:cloudwatch/logGroup:LogGroup": _data("log group", "its log events"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _data("cache", "its entries"),
    "aws:opensearch/serverlessCollection:ServerlessCollection": _data(
        "search collection", "its index", "; it is filled again from the table"
    ),
    "aws:opensearch/domain:Domain": _data("search domain", "its index", "; it is filled again from the table"),
    "aws:location/tracker:Tracker": _data(
        "tracker", "the positions of deliveries", "; couriers' systems go on by its name"
    ),
    "aws:location/geofenceCollection:GeofenceCollection": _data(
        "geofence collection", "the areas of deliveries on their way"
    ),
    "aws:cloudcontrol/resource:Resource": Consequence(
        "resource of Cloud Control", "whoever names its former identifier must name the new one"
    ),
    "aws:backup/vault:Vault": _data("vault", "its recovery points"),
    "aws:sesv2/contactList:ContactList": _data("contact list", "its contacts and what they agreed to"),
    "aws:sesv2/emailIdentity:EmailIdentity": Consequence(
        "email identity", "no mail is sent until its DNS records are verified again", deleted="no mail is sent any more"
    ),
    "aws:acmpca/certificateAuthority:CertificateAuthority": Consequence(
        "private authority", "every certificate that it issued is worth nothing"
    ),
    # What customers, other teams or partners name.
    "aws:cognito/userPoolClient:UserPoolClient": Consequence(
        "app client", "its client id changes: apps in the field cannot sign in until they have the new one"
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": Consequence(
        "sign-in domain", "nobody can sign in until the new one is ready", deleted="nobody can sign in any more"
    ),
    "aws:cognito/identityPool:IdentityPool": Consequence(
        "identity pool", "its id changes: apps in the field get no credentials until they have the new one"
    ),
    "aws:apigateway/restApi:RestApi": Consequence(
        "REST API", "its address changes: machines that call it fail until they have the new one"
    ),
    "aws:cloudfront/distribution:Distribution": Consequence(
        "CloudFront distribution",
        "its domain name changes: the store is away until it is deployed and DNS names it",
        deleted="the store is away",
    ),
    "aws:route53/zone:Zone": Consequence(
        "hosted zone",
        "its name servers change: the store's names are away until the parent zone delegates to the new ones",
        deleted="its records are deleted, and the store's names are away",
    ),
    "aws:route53/record:Record": Consequence(
        "record",
        "its host name of before leads nowhere any more",
        deleted="its host name leads nowhere any more",
        # Others prove something to AWS, or say something about mail.
        missed=lambda outputs: outputs["type"] in ("A", "NS"),
    ),
    "aws:route53/keySigningKey:KeySigningKey": Consequence(
        "zone's signing key",
        "the names fail for all who validate until the DS record at the parent is changed",
    ),
    "aws:lb/loadBalancer:LoadBalancer": Consequence(
        "load balancer",
        "requests fail until the new one serves",
        deleted="requests fail",
        beside="",
        protected="AWS refuses to delete the old one, and the update fails at its end, unless its deletion protection"
        " is off before (docs/runbooks/web-tier-changes.md)",
    ),
    "aws:ec2/eip:Eip": Consequence(
        "elastic IP address",
        "partners that admit the store by its address refuse it until they admit the new one",
    ),
    "aws:ec2/vpc:Vpc": Consequence("VPC", "everything inside it is replaced, and the store is away meanwhile"),
    "aws:ecs/service:Service": Consequence(
        "service", "its tasks stop before new ones have started", deleted="its tasks stop", beside=""
    ),
    "aws:ecs/cluster:Cluster": Consequence("ECS cluster", "all tasks in it stop"),
}
