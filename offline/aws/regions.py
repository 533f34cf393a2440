"""What differs between Regions: zones, fixed ids, accounts of AWS services.

Sources: Elastic Load Balancing zones https://docs.aws.amazon.com/general/latest/gr/elb.html, its log accounts
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html, zone ids
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html.
"""

from collections.abc import Mapping

from offline.aws.minting import alphabet_text
from offline.tables import words

_DESCRIPTIONS: Mapping[str, str] = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "af-south-1": "Africa (Cape Town)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ca-central-1": "Canada (Central)",
    "eu-central-1": "Europe (Frankfurt)",
    "eu-central-2": "Europe (Zurich)",
    "eu-north-1": "Europe (Stockholm)",
    "eu-south-1": "Europe (Milan)",
    "eu-south-2": "Europe (Spain)",
    "eu-west-1": "Europe (Ireland)",
    "eu-west-2": "Europe (London)",
    "eu-west-3": "Europe (Paris)",
    "sa-east-1": "South America (Sao Paulo)",
}
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html, with China and GovCloud.
REGIONS = words("""
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
    ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
    ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
    eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1
    us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2
""")
_ZONES: Mapping[str, str] = {
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-west-1": "ac",
}
LOAD_BALANCER_ZONES: Mapping[str, str] = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
}
# Hosted zones of S3 website endpoints: https://docs.aws.amazon.com/general/latest/gr/s3.html
WEBSITE_ZONES: Mapping[str, str] = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
}
LOAD_BALANCER_ACCOUNTS: Mapping[str, str] = {
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
    "af-south-1": "098369216593",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "sa-east-1": "507241528517",
}
# Prefix lists that AWS manages; the ids differ by Region and are public facts only in some.
_PREFIX_LISTS: Mapping[tuple[str, str], str] = {
    ("us-east-1", "cloudfront.origin-facing"): "pl-3b927c52",
    ("us-east-1", "s3"): "pl-63a5400a",
    ("us-east-1", "dynamodb"): "pl-02cd2c6b",
    ("us-west-2", "cloudfront.origin-facing"): "pl-82a045eb",
    ("us-west-2", "s3"): "pl-68a54001",
    ("us-west-2", "dynamodb"): "pl-00a54069",
    ("eu-west-1", "cloudfront.origin-facing"): "pl-4fa04526",
    ("eu-west-1", "s3"): "pl-6da54004",
    ("eu-west-1", "dynamodb"): "pl-6fa54006",
}
_WORDS = {
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "central": "c",
    "northeast": "ne",
    "southeast": "se",
    "northwest": "nw",
    "southwest": "sw",
}


def partition_of(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def description(region: str) -> str:
    return _DESCRIPTIONS.get(region, region)


def region_names() -> list[str]:
    return sorted(_DESCRIPTIONS)


def is_known(region: str) -> bool:
    """Whether the tables here cover the Region; AWS has more."""
    return region in _DESCRIPTIONS


def zones(region: str) -> list[str]:
    return [region + letter for letter in _ZONES.get(region, "abc")]


def zone_id(zone: str) -> str:
    """`eu-west-1a` is `euw1-az1`: AWS maps letters per account; here in order."""
    region, letter = zone[:-1], zone[-1]
    area, *words, number = region.split("-")
    names = zones(region)
    position = names.index(zone) + 1 if zone in names else "abcdefgh".index(letter) + 1 if letter in "abcdefgh" else 1
    return f"{area}{''.join(_WORDS.get(word, word[0]) for word in words)}{number}-az{position}"


def managed_prefix_list(name: str, region: str) -> str | None:
    """The id of AWS's prefix list of a service (`com.amazonaws.<region>.s3`, ...); None if it has none."""
    short = name.removeprefix("com.amazonaws.").removeprefix(f"{region}.").removeprefix("global.")
    if short not in {"cloudfront.origin-facing", "s3", "dynamodb"}:
        return None
    return _PREFIX_LISTS.get((region, short)) or f"pl-{alphabet_text(region + short, '0123456789abcdef', 8)}"
