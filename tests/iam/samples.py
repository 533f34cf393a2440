"""One request of each described operation, as boto3 takes it, and an account that it goes to."""

from typing import Any, Final

from tests.iam.asking import KEY, OURS

REGION: Final = "eu-west-1"
STREAM = f"arn:aws:dynamodb:{REGION}:{OURS}:table/carts/stream/2026-01-01T00:00:00.000"
KINESIS = f"arn:aws:kinesis:{REGION}:{OURS}:stream/feed"
_TABLE = {"TableName": "carts"}
_CART = {"customer_id": {"S": "amy"}, "item": {"S": "CART"}}
_QUEUE = {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{OURS}/inbox"}
_ENTRY = {"Id": "1", "ReceiptHandle": "x"}
_TOPIC = {"TopicArn": f"arn:aws:sns:{REGION}:{OURS}:alarms"}
_OBJECT = {"Bucket": "media", "Key": "a/b c"}
_UPLOAD = {**_OBJECT, "UploadId": "u"}
_POOL = {"UserPoolId": f"{REGION}_abc"}
_USER = {**_POOL, "Username": "amy"}
_LIST = {"ContactListName": "news"}
_CONTACT = {**_LIST, "EmailAddress": "amy@example.com"}
_FEED = {"StreamName": "feed"}
_KEYED = {"KeyId": "alias/store", "EncryptionContext": {"tenant": "a"}}
_LOG = {"logGroupName": "/store/carts", "logStreamName": "1"}


class Account:
    """Holds one secret, one key and the table of carts."""

    region = REGION
    account_id = OURS

    def arn_of(self, service: str, name: str) -> str | None:
        known = {
            ("kms", "alias/store"): KEY,
            ("secretsmanager", "cms"): f"arn:aws:secretsmanager:{REGION}:{OURS}:secret:cms-a1b2c3",
        }
        return known.get((service, name))

    def partition_key(self, table: str, index: str) -> str | None:
        return {"": "customer_id", "by_item": "item"}[index] if table == "carts" else None


SAMPLES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "dynamodb": {
        "GetItem": {**_TABLE, "Key": _CART, "ProjectionExpression": "lines"},
        "PutItem": {**_TABLE, "Item": {**_CART, "lines": {"L": []}}, "ReturnConsumedCapacity": "TOTAL"},
        "UpdateItem": {
            **_TABLE,
            "Key": _CART,
            "UpdateExpression": "SET #l = list_append(#l, :new) REMOVE old.deep",
            "ConditionExpression": "attribute_exists(version) AND version = :v",
            "ExpressionAttributeNames": {"#l": "lines"},
            "ExpressionAttributeValues": {":new": {"L": []}, ":v": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
        "DeleteItem": {**_TABLE, "Key": _CART},
        "DescribeTable": _TABLE,
        "DescribeTimeToLive": _TABLE,
        "DescribeContinuousBackups": _TABLE,
        "ListTables": {},
        "Query": {
            **_TABLE,
            "KeyConditionExpression": "#k = :k AND begins_with(#i, :p)",
            "ExpressionAttributeNames": {"#k": "customer_id", "#i": "item"},
            "ExpressionAttributeValues": {":k": {"S": "amy"}, ":p": {"S": "CART"}},
        },
        "Scan": {**_TABLE, "IndexName": "by_item", "AttributesToGet": ["item"]},
        "BatchGetItem": {"RequestItems": {"carts": {"Keys": [_CART]}, "products": {"Keys": [{"id": {"S": "1"}}]}}},
        "BatchWriteItem": {
            "RequestItems": {"carts": [{"PutRequest": {"Item": _CART}}, {"DeleteRequest": {"Key": _CART}}]}
        },
        "TransactWriteItems": {
            "TransactItems": [
                {"Put": {**_TABLE, "Item": _CART}},
                {"Update": {"TableName": "orders", "Key": {"id": {"S": "1"}}, "UpdateExpression": "ADD total :one"}},
                {"Delete": {**_TABLE, "Key": _CART}},
                {"ConditionCheck": {**_TABLE, "Key": _CART, "ConditionExpression": "attribute_exists(item)"}},
            ]
        },
        "TransactGetItems": {"TransactItems": [{"Get": {**_TABLE, "Key": _CART}}]},
    },
    "dynamodbstreams": {
        "ListStreams": {},
        "DescribeStream": {"StreamArn": STREAM},
        "GetShardIterator": {"StreamArn": STREAM, "ShardId": "s" * 28, "ShardIteratorType": "LATEST"},
        "GetRecords": {"ShardIterator": f"{STREAM}|1|abc"},
    },
    "sqs": {
        "SendMessage": {**_QUEUE, "MessageBody": "x"},
        "SendMessageBatch": {**_QUEUE, "Entries": [{"Id": "1", "MessageBody": "x"}]},
        "ReceiveMessage": _QUEUE,
        "DeleteMessage": {**_QUEUE, "ReceiptHandle": "x"},
        "DeleteMessageBatch": {**_QUEUE, "Entries": [_ENTRY]},
        "ChangeMessageVisibility": {**_QUEUE, "ReceiptHandle": "x", "VisibilityTimeout": 1},
        "ChangeMessageVisibilityBatch": {**_QUEUE, "Entries": [_ENTRY]},
        "GetQueueAttributes": _QUEUE,
        "GetQueueUrl": {"QueueName": "inbox"},
        "PurgeQueue": _QUEUE,
    },
    "sns": {
        "Publish": {**_TOPIC, "Message": "x"},
        "PublishBatch": {**_TOPIC, "PublishBatchRequestEntries": [{"Id": "1", "Message": "x"}]},
    },
    "events": {
        "PutEvents": {
            "Entries": [
                {"Source": "store.orders", "DetailType": "order.placed", "Detail": "{}", "EventBusName": "store"},
                {"Source": "store.orders", "DetailType": "order.paid", "Detail": "{}"},
            ]
        }
    },
    "kinesis": {
        "PutRecord": {**_FEED, "Data": b"x", "PartitionKey": "1"},
        "PutRecords": {**_FEED, "Records": [{"Data": b"x", "PartitionKey": "1"}]},
        "DescribeStream": _FEED,
        "DescribeStreamSummary": {"StreamARN": KINESIS},
        "GetShardIterator": {**_FEED, "ShardId": "1", "ShardIteratorType": "LATEST"},
        "ListShards": _FEED,
        "GetRecords": {"StreamARN": KINESIS, "ShardIterator": "x"},
        "SubscribeToShard": {
            "ConsumerARN": f"{KINESIS}/consumer/c:1",
            "ShardId": "1",
            "StartingPosition": {"Type": "LATEST"},
        },
    },
    "secretsmanager": {
        "GetSecretValue": {"SecretId": "cms"},
        "PutSecretValue": {"SecretId": "cms", "SecretString": "x"},
        "DescribeSecret": {"SecretId": "cms"},
    },
    "kms": {
        "Decrypt": {**_KEYED, "CiphertextBlob": b"x"},
        "Encrypt": {**_KEYED, "Plaintext": b"x"},
        "GenerateDataKey": _KEYED,
        "GenerateDataKeyWithoutPlaintext": _KEYED,
        "Sign": {"KeyId": KEY, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
        "Verify": {"KeyId": KEY, "Message": b"x", "Signature": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
        "DescribeKey": {"KeyId": KEY.rpartition("/")[2]},
        "GetPublicKey": {"KeyId": KEY},
        "GenerateMac": {"KeyId": KEY, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
    },
    "lambda": {"Invoke": {"FunctionName": "translate", "Qualifier": "live"}},
    "lexv2-runtime": {
        "RecognizeText": {
            "botId": "BOT1234567",
            "botAliasId": "ALIAS12345",
            "localeId": "en_GB",
            "sessionId": "amy",
            "text": "hello",
        }
    },
    "geo-places": {"Geocode": {"QueryText": "Dublin", "MaxResults": 1, "IntendedUse": "Storage"}},
    "personalize": {
        "CreateDataDeletionJob": {
            "jobName": "forget-1",
            "datasetGroupArn": f"arn:aws:personalize:{REGION}:{OURS}:dataset-group/store",
            "dataSource": {"dataLocation": "s3://forget/lists/1.csv"},
            "roleArn": f"arn:aws:iam::{OURS}:role/personalization-data",
        },
        "DescribeDataDeletionJob": {
            "dataDeletionJobArn": f"arn:aws:personalize:{REGION}:{OURS}:data-deletion-job/forget-1"
        },
    },
    "personalize-events": {
        "PutEvents": {
            "trackingId": "0b1c2d3e",
            "sessionId": "a-1",
            "eventList": [{"eventType": "View", "sentAt": "2026-11-01T08:00:00Z"}],
        },
        "PutItems": {
            "datasetArn": f"arn:aws:personalize:{REGION}:{OURS}:dataset/store/ITEMS",
            "items": [{"itemId": "p-1"}],
        },
    },
    "personalize-runtime": {
        "GetRecommendations": {
            "recommenderArn": f"arn:aws:personalize:{REGION}:{OURS}:recommender/for-you",
            "filterArn": f"arn:aws:personalize:{REGION}:{OURS}:filter/bought",
            "userId": "a",
        }
    },
    "location": {
        "DescribeKey": {"KeyName": "maps"},
        "SearchPlaceIndexForText": {"IndexName": "places", "Text": "dublin", "MaxResults": 1},
        "BatchUpdateDevicePosition": {
            "TrackerName": "deliveries",
            "Updates": [{"DeviceId": "delivery-1", "SampleTime": "2026-11-01T08:00:00Z", "Position": [-6.2, 53.3]}],
        },
        "PutGeofence": {
            "CollectionName": "deliveries",
            "GeofenceId": "delivery-1",
            "Geometry": {"Circle": {"Center": [-6.2, 53.3], "Radius": 500.0}},
        },
    },
    "ssm": {
        "GetParameter": {"Name": "/store/a", "WithDecryption": True},
        "GetParameters": {"Names": ["/store/a", "b"]},
        "GetParametersByPath": {"Path": "/store", "Recursive": True},
        "GetParameterHistory": {"Name": "a"},
    },
    "logs": {
        "CreateLogStream": _LOG,
        "PutLogEvents": {**_LOG, "logEvents": [{"timestamp": 1, "message": "x"}]},
        "DescribeLogGroups": {},
        "DescribeLogStreams": {"logGroupName": "/store/carts"},
    },
    "xray": {
        "PutTraceSegments": {"TraceSegmentDocuments": ["{}"]},
        "PutTelemetryRecords": {"TelemetryRecords": [{"Timestamp": 1}]},
        "GetSamplingRules": {},
        "GetSamplingTargets": {"SamplingStatisticsDocuments": []},
    },
    "sesv2": {
        "CreateContact": _CONTACT,
        "DeleteContact": _CONTACT,
        "GetContact": _CONTACT,
        "UpdateContact": _CONTACT,
        "GetContactList": _LIST,
        "ListContacts": _LIST,
        "SendEmail": {
            "FromEmailAddress": "Store <shop@store.example>",
            "Destination": {"ToAddresses": ["amy@example.com"]},
            "Content": {"Template": {"TemplateName": "welcome", "TemplateData": "{}"}},
            "ConfigurationSetName": "store",
        },
    },
    "cognito-idp": {
        "AdminConfirmSignUp": _USER,
        "AdminCreateUser": _USER,
        "AdminDeleteUser": _USER,
        "AdminDisableUser": _USER,
        "AdminGetUser": _USER,
        "AdminUserGlobalSignOut": _USER,
        "AdminAddUserToGroup": {**_USER, "GroupName": "staff"},
        "AdminInitiateAuth": {**_POOL, "ClientId": "c", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"},
        "AdminSetUserPassword": {**_USER, "Password": "a-Long-one-1"},
        "AdminUpdateUserAttributes": {**_USER, "UserAttributes": [{"Name": "a", "Value": "b"}]},
        "DescribeUserPool": _POOL,
        "DescribeUserPoolClient": {**_POOL, "ClientId": "c"},
        "ListUsers": _POOL,
    },
    "s3": {
        "GetObject": {**_OBJECT, "VersionId": "v1"},
        "HeadObject": _OBJECT,
        "PutObject": {**_OBJECT, "Body": b"x", "Tagging": "a=b", "ACL": "private"},
        "CreateMultipartUpload": _OBJECT,
        "UploadPart": {**_UPLOAD, "PartNumber": 1, "Body": b"x"},
        "CompleteMultipartUpload": {**_UPLOAD, "MultipartUpload": {"Parts": [{"ETag": "x", "PartNumber": 1}]}},
        "AbortMultipartUpload": _UPLOAD,
        "ListParts": _UPLOAD,
        "CopyObject": {**_OBJECT, "CopySource": "other/x?versionId=2"},
        "DeleteObject": {**_OBJECT, "VersionId": "v1"},
        "DeleteObjects": {"Bucket": "media", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]}},
        "GetObjectTagging": _OBJECT,
        "PutObjectTagging": {**_OBJECT, "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        "HeadBucket": {"Bucket": "media"},
        "ListObjects": {"Bucket": "media", "Prefix": "a/"},
        "ListObjectsV2": {"Bucket": "media", "Prefix": "a/", "MaxKeys": 5},
        "ListObjectVersions": {"Bucket": "media"},
        "ListMultipartUploads": {"Bucket": "media"},
        "GetBucketLocation": {"Bucket": "media"},
        "ListBuckets": {},
    },
    "sts": {"GetCallerIdentity": {}},
}
