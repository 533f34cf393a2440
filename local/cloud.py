"""AWS's data services on this machine: moto in a child process, with what the state says exists."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import ClientError

from local.children import Child, Logs
from local.errors import AwsError, LocalError
from local.moto_paths import ARN, PEEK, WAIT
from local.serving import HOST
from local.state import Deployed, Resource
from offline.project import PROJECT

TABLE: Final = "aws:dynamodb/table:Table"
QUEUE: Final = "aws:sqs/queue:Queue"
_TARGETS: Final = {
    "dynamodb": "DynamoDB_20120810",
    "dynamodbstreams": "DynamoDBStreams_20120810",
    "kinesis": "Kinesis_20131202",
    "sqs": "AmazonSQS",
    "secretsmanager": "secretsmanager",
    "kms": "TrentService",
}
_SIGNED_AS: Final = {"dynamodbstreams": "dynamodb"}
# Longer than a request for messages may wait, on a machine that is busy.
_TIMEOUT: Final = 120
_GRACE_SECONDS: Final = 1.0


class Cloud:
    """Calls here are not judged: they are those of the services of AWS themselves."""

    def __init__(self, deployed: Deployed, child: Child, port: int) -> None:
        self._deployed = deployed
        self._child = child
        self.url = f"http://{HOST}:{port}"
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
        self._http = httpx.AsyncClient(
            base_url=self.url, timeout=_TIMEOUT, trust_env=False, limits=limits, verify=False
        )

    @classmethod
    async def start(cls, deployed: Deployed, logs: Logs) -> "Cloud":
        """Start the emulator, empty.

        Raises:
            LocalError: it does not start.
        """
        variables = {"MOTO_ACCOUNT_ID": deployed.account_id}
        module = ["local.moto_host", deployed.account_id]
        child = await Child.start("aws", module, variables, logs, answers=True)
        assert child.process.stdout
        said = await child.process.stdout.readline()
        if not said.strip().isdigit():
            code = await child.ended()
            raise LocalError(f"the emulator of AWS did not start (exit code {code}): see {logs.path('aws')}")
        return cls(deployed, child, int(said))

    async def call(self, service: str, action: str, region: str = "", **parameters: Any) -> dict[str, Any]:
        """Call a service of AWS's JSON protocol; blobs stay in base64 and times epoch seconds.

        Raises:
            AwsError: as the service says.
        """
        return await self._post(service, action, region, parameters, {})

    async def records(self, service: str, iterator: str, most: int, wait_seconds: float) -> dict[str, Any]:
        """GetRecords of `dynamodbstreams` or `kinesis`, once there is one or the time is over.

        Raises:
            AwsError: as the service says.
        """
        parameters = {"ShardIterator": iterator, "Limit": most}
        return await self._post(service, "GetRecords", "", parameters, {WAIT: str(wait_seconds)})

    async def _post(
        self, service: str, action: str, region: str, parameters: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        signed_as = _SIGNED_AS.get(service, service)
        scope = f"core/20260101/{region or self._deployed.region}/{signed_as}/aws4_request"
        answer = await self._http.post(
            "/",
            content=json.dumps(parameters),
            headers={
                **headers,
                "X-Amz-Target": f"{_TARGETS[service]}.{action}",
                "Content-Type": "application/x-amz-json-1.0",
                "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            },
        )
        content = json.loads(answer.content or "{}")
        if answer.is_error:
            code = str(content.get("__type", answer.status_code)).rpartition("#")[2]
            raise AwsError(code, str(content.get("message") or content.get("Message") or ""))
        return content

    def client(self, service: str, region: str = "") -> Any:
        """boto3 client of the emulator itself."""
        return boto3.client(  # pyright: ignore[reportCallIssue]
            service,  # pyright: ignore[reportArgumentType]
            region_name=region or self._deployed.region,
            endpoint_url=self.url,
            aws_access_key_id="core",
            aws_secret_access_key="core",
            config=Config(proxies={}, s3={"addressing_style": "path"}),
        )

    async def read_object(self, bucket: str, key: str) -> bytes:
        """
        Raises:
            AwsError: there is no such object.
        """

        def read() -> bytes:
            return self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

        try:
            return await asyncio.to_thread(read)
        except ClientError as error:
            raise AwsError(error.response["Error"]["Code"], f"there is no object {key} in {bucket}") from error

    def queue_url(self, arn: str) -> str:
        """
        Raises:
            LocalError: the state holds no such queue.
        """
        queue = self._deployed.by_arn(arn)
        if queue is None:
            raise LocalError(f"the state must hold the queue {arn}, which a rule, pipe or mapping names")
        return queue.outputs["url"]

    async def provision(self, longest_retry_seconds: float | None = None) -> None:
        """Make what the state holds and moto has not yet.

        Args:
            longest_retry_seconds: Bound of the time after which a message that nobody deletes can be received again; as
                deployed if not given.
        """
        self._longest = longest_retry_seconds
        kinds = {
            TABLE: self._table,
            QUEUE: self._queue,
            "aws:kinesis/stream:Stream": self._stream,
            "aws:secretsmanager/secret:Secret": self._secret,
            "aws:kms/key:Key": self._key,
        }
        # A queue names its dead-letter queue, which must be there: ARNs of those are in no policy of their own.
        queues = self._deployed.of_type(QUEUE)
        targets = {
            json.loads(queue.outputs["redrivePolicy"])["deadLetterTargetArn"] for queue in queues if _redrive(queue)
        }
        first = [queue for queue in queues if queue.arn in targets]
        await asyncio.gather(*map(self._queue, first))
        made = [make(resource) for token, make in kinds.items() for resource in self._deployed.of_type(token)]
        await asyncio.gather(*made, asyncio.to_thread(self._by_rest))

    async def stream_arn(self, table: str) -> str:
        """ARN in the emulator of a table's stream; the state's has another time in it."""
        return (await self.call("dynamodb", "DescribeTable", TableName=table))["Table"]["LatestStreamArn"]

    async def counts(self, queue_url: str) -> tuple[int, int]:
        """Messages of a queue that can be received, and that somebody is handling."""
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = await self.call("sqs", "GetQueueAttributes", QueueUrl=queue_url, AttributeNames=wanted)
        visible, in_flight = (int(answer["Attributes"][name]) for name in wanted)
        return visible, in_flight

    async def peek(self, queue_url: str) -> list[dict[str, Any]]:
        """Messages of a queue that can be received, without a trace."""
        answer = await self._http.get(PEEK, params={"queue": queue_url, "region": self._deployed.region})
        return answer.raise_for_status().json()

    async def ended(self) -> int:
        """Exit code of the emulator, once it has ended by itself."""
        return await self._child.ended()

    async def close(self) -> None:
        await self._http.aclose()
        await self._child.stop(_GRACE_SECONDS)

    async def _once(self, service: str, action: str, region: str, **parameters: Any) -> None:
        try:
            await self.call(service, action, region, **parameters)
        except AwsError as error:
            if error.code not in ("ResourceInUseException", "ResourceExistsException"):
                raise

    async def _table(self, table: Resource) -> None:
        of = table.outputs
        name, region = of["name"], of["region"]
        indexes = {
            parameter: [_index(index, of) for index in of.get(key) or []]
            for parameter, key in (
                ("GlobalSecondaryIndexes", "globalSecondaryIndexes"),
                ("LocalSecondaryIndexes", "localSecondaryIndexes"),
            )
        }
        stream = {"StreamEnabled": True, "StreamViewType": of.get("streamViewType")}
        await self._once(
            "dynamodb",
            "CreateTable",
            region,
            TableName=name,
            KeySchema=_key_schema(of),
            AttributeDefinitions=[
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in of["attributes"]
            ],
            BillingMode="PAY_PER_REQUEST",
            **({"StreamSpecification": stream} if of.get("streamEnabled") else {}),
            **{parameter: found for parameter, found in indexes.items() if found},
        )
        ttl = of.get("ttl") or {}
        if ttl.get("enabled"):
            specification = {"AttributeName": ttl["attributeName"], "Enabled": True}
            await self.call(
                "dynamodb", "UpdateTimeToLive", region, TableName=name, TimeToLiveSpecification=specification
            )

    async def _queue(self, queue: Resource) -> None:
        of = queue.outputs
        attributes = {
            "VisibilityTimeout": self._visibility(of),
            "ReceiveMessageWaitTimeSeconds": of.get("receiveWaitTimeSeconds"),
            "MessageRetentionPeriod": of.get("messageRetentionSeconds"),
            "DelaySeconds": of.get("delaySeconds"),
            "MaximumMessageSize": of.get("maxMessageSize"),
            "RedrivePolicy": of.get("redrivePolicy") or None,
        }
        if of.get("fifoQueue"):
            attributes |= {
                "FifoQueue": "true",
                "ContentBasedDeduplication": str(bool(of.get("contentBasedDeduplication"))).lower(),
                "DeduplicationScope": of.get("deduplicationScope"),
                "FifoThroughputLimit": of.get("fifoThroughputLimit"),
            }
        given = {name: _attribute(value) for name, value in attributes.items() if value not in (None, "")}
        await self._once("sqs", "CreateQueue", of["region"], QueueName=of["name"], Attributes=given)

    def _visibility(self, of: Mapping[str, Any]) -> int:
        deployed = int(of["visibilityTimeoutSeconds"])
        return deployed if self._longest is None else min(deployed, max(1, round(self._longest)))

    async def _stream(self, stream: Resource) -> None:
        of = stream.outputs
        await self._once(
            "kinesis", "CreateStream", of["region"], StreamName=of["name"], ShardCount=of.get("shardCount") or 1
        )

    async def _secret(self, secret: Resource) -> None:
        """With the value of the state; one that somebody else sets outside of it is made up."""
        of = secret.outputs
        values = [
            version.outputs.get("secretString")
            for version in self._deployed.of_type("aws:secretsmanager/secretVersion:SecretVersion")
            if secret.arn in (version.outputs.get("secretArn"), version.outputs.get("secretId"))
        ]
        value = next(filter(None, values), None) or json.dumps({"value": secrets.token_urlsafe(24)})
        await self._once("secretsmanager", "CreateSecret", of["region"], Name=of["name"], SecretString=value)
        await self._set_arn("secretsmanager", of["region"], of["name"], secret.arn)

    async def _key(self, key: Resource) -> None:
        """Keys of hashes only: those that encrypt are used by AWS itself, where nothing is encrypted here."""
        of = key.outputs
        if of.get("keyUsage") != "GENERATE_VERIFY_MAC":
            return
        try:
            await self.call("kms", "DescribeKey", of["region"], KeyId=key.arn)
        except AwsError as error:
            if error.code != "NotFoundException":
                raise
            use = {"KeyUsage": of["keyUsage"], "KeySpec": of["customerMasterKeySpec"]}
            made = await self.call("kms", "CreateKey", of["region"], **use)
            await self._set_arn("kms", of["region"], made["KeyMetadata"]["KeyId"], key.arn)

    async def _set_arn(self, service: str, region: str, name: str, arn: str) -> None:
        place = {"service": service, "region": region, "name": name, "arn": arn}
        (await self._http.get(ARN, params=place)).raise_for_status()

    def _by_rest(self) -> None:
        for bucket in self._deployed.of_type("aws:s3/bucket:Bucket"):
            self._bucket(bucket)
        for token in ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"):
            for one in self._deployed.of_type(token):
                self._object(one)
        for contacts in self._deployed.of_type("aws:sesv2/contactList:ContactList"):
            self._contact_list(contacts.outputs)
        for topic in self._deployed.of_type("aws:sns/topic:Topic"):
            fifo = {"Attributes": {"FifoTopic": "true"}} if topic.outputs.get("fifoTopic") else {}
            self.client("sns", topic.outputs["region"]).create_topic(Name=topic.outputs["name"], **fifo)

    def _bucket(self, bucket: Resource) -> None:
        region = bucket.outputs.get("bucketRegion") or bucket.outputs["region"]
        s3 = self.client("s3", region)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            s3.create_bucket(Bucket=bucket.outputs["bucket"], **place)
        except s3.exceptions.BucketAlreadyOwnedByYou:
            return

    def _object(self, one: Resource) -> None:
        of = one.outputs
        source = of.get("source") or one.inputs.get("source") or {}
        body = of.get("content") or ""
        content = (PROJECT / source["path"]).read_bytes() if source.get("path") else body.encode()
        headers = {"ContentType": of.get("contentType"), "CacheControl": of.get("cacheControl")}
        self.client("s3", of.get("region", "")).put_object(
            Bucket=of["bucket"],
            Key=of["key"],
            Body=content,
            **{name: value for name, value in headers.items() if value},
        )

    def _contact_list(self, of: Mapping[str, Any]) -> None:
        ses = self.client("sesv2", of["region"])
        # moto keeps one list of a name, and takes it twice.
        if of["contactListName"] in {found["ContactListName"] for found in ses.list_contact_lists()["ContactLists"]}:
            return
        topics = [
            {
                "TopicName": topic["topicName"],
                "DisplayName": topic["displayName"],
                "DefaultSubscriptionStatus": topic["defaultSubscriptionStatus"],
            }
            for topic in of.get("topics") or []
        ]
        ses.create_contact_list(ContactListName=of["contactListName"], Topics=topics)


def _redrive(queue: Resource) -> bool:
    return bool(queue.outputs.get("redrivePolicy"))


def _attribute(value: Any) -> str:
    return str(int(value)) if isinstance(value, (int, float)) else str(value)


def _key_schema(key: Mapping[str, Any]) -> list[dict[str, str]]:
    parts = (("hashKey", "HASH"), ("rangeKey", "RANGE"))
    return [{"AttributeName": key[part], "KeyType": kind} for part, kind in parts if key.get(part)]


def _index(index: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """A local index has the table's partition key."""
    projection = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    schema = _key_schema({"hashKey": index.get("hashKey") or table["hashKey"], "rangeKey": index.get("rangeKey")})
    return {"IndexName": index["name"], "KeySchema": schema, "Projection": projection}
