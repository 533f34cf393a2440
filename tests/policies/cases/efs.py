"""EFS: file systems, mount targets, access points."""

from tests.policies.cases.helpers.subnets import A2, APP, IGW, OUT, PUBLIC, TABLE, A, B, join
from tests.policies.cases.helpers.tls_policies import tls_cases
from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, policy, res


def efs(**props):
    return res("efs/fileSystem:FileSystem", CULPRIT, props)


def mounted(statement):
    return [
        res("efs/fileSystem:FileSystem", CULPRIT),
        res(
            "efs/fileSystemPolicy:FileSystemPolicy",
            "policy",
            {"fileSystemId": UNKNOWN, "policy": policy(statement)},
            refers={"fileSystemId": ["urn:pulumi:test::project::aws:efs/fileSystem:FileSystem::culprit"]},
        ),
    ]


def mount(file_system, subnet_):
    return res(
        "efs/mountTarget:MountTarget",
        f"mount-{subnet_.name}",
        {"fileSystemId": UNKNOWN, "subnetId": UNKNOWN},
        refers={"fileSystemId": [file_system], "subnetId": [subnet_]},
    )


_EFS = res("efs/fileSystem:FileSystem", CULPRIT, {"encrypted": True})


def access_point(root, user):
    return res("efs/accessPoint:AccessPoint", CULPRIT, {"rootDirectory": root, "posixUser": user})


_MOUNTED = tls_cases("efs/fileSystem:FileSystem", "efs/fileSystemPolicy:FileSystemPolicy", "fileSystemId")


def mount_in(where):
    return res("efs/mountTarget:MountTarget", CULPRIT, {"subnetId": UNKNOWN}, refers={"subnetId": [where]})


CASES = {
    "efs-access-point-pinned": Cases(
        good={"pinned": [access_point({"path": "/media"}, {"uid": 1000, "gid": 1000})]},
        bad={
            "not set": [access_point(None, None)],
            "whole file system": [access_point({"path": "/"}, {"uid": 1000, "gid": 1000})],
            "no user": [access_point({"path": "/media"}, None)],
        },
    ),
    "efs-file-system-customer-key": Cases(
        good={
            "customer managed key": [efs(encrypted=True, kmsKeyId=KEY)],
        },
        bad={
            "not set": [efs(kmsKeyId=KEY)],
            "off": [efs(encrypted=False)],
            "no customer managed key": [efs(encrypted=True)],
            "AWS managed key": [efs(encrypted=True, kmsKeyId="alias/aws/elasticfilesystem")],
        },
        config=[
            ({"customer_key": False}, [efs(encrypted=True)], False),
        ],
    ),
    "efs-file-system-tls-only": Cases(
        good={
            **_MOUNTED.good,
            "allowed over TLS alone": mounted(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:role/web"},
                    "Action": "elasticfilesystem:ClientMount",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": True}},
                }
            ),
        },
        bad={
            **_MOUNTED.bad,
        },
    ),
    "efs-file-system-zones": Cases(
        good={
            "two zones": [_EFS, A, B, mount(_EFS, A), mount(_EFS, B)],
            "subnets elsewhere": [
                _EFS,
                *(
                    res(
                        "efs/mountTarget:MountTarget",
                        f"mount-{n}",
                        {"fileSystemId": UNKNOWN, "subnetId": f"subnet-{n}"},
                        refers={"fileSystemId": [_EFS]},
                    )
                    for n in range(2)
                ),
            ],
        },
        bad={
            "One Zone": [res("efs/fileSystem:FileSystem", CULPRIT, {"availabilityZoneName": "eu-west-1a"})],
            "no mount target": [_EFS],
            "one mount target": [_EFS, A, mount(_EFS, A)],
            "both in one zone": [_EFS, A, A2, mount(_EFS, A), mount(_EFS, A2)],
        },
        config=[({"zones": 3}, [_EFS, A, B, mount(_EFS, A), mount(_EFS, B)], True)],
    ),
    "efs-mount-target-private-subnet": Cases(
        good={"private": [APP, mount_in(APP)]},
        bad={"public": [IGW, PUBLIC, TABLE, join(PUBLIC, TABLE), OUT, mount_in(PUBLIC)]},
    ),
}
