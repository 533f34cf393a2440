"""The maintenance page, which CloudFront serves while the web tier does not answer."""

from html import escape
from pathlib import Path
from string import Template

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.bucket import Bucket, BucketArgs
from components.media import read_by_distribution
from settings.edge import MaintenancePage
from settings.types import EDGE_REGION

PAGE_PATH = "/maintenance/index.html"


class FailoverPage(StoreComponent):
    """The maintenance page, in a bucket of its own in us-east-1, outside of the home Region."""

    TYPE = "webstore:edge:FailoverPage"
    OUTPUTS = ("bucket_regional_domain_name",)
    bucket_regional_domain_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: MaintenancePage,
        access_logs_bucket: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            access_logs_bucket: Target of access logs in us-east-1.
        """
        super().__init__(name, opts)
        self._bucket = Bucket(
            name,
            BucketArgs(
                key_arn=self.foundation.keys.edge_key_arn,
                access_logs_bucket=access_logs_bucket,
                protect=self.foundation.environment.protect,
                statements=None,
                region=EDGE_REGION,
            ),
            opts=self._inside,
        )
        aws.s3.BucketObjectv2(
            f"{name}-page",
            bucket=self._bucket.versioned_bucket_name,
            key=PAGE_PATH.removeprefix("/"),
            content=_page(settings),
            content_type="text/html; charset=utf-8",
            # Browsers may keep a 503, too: the store would stay away from them after it is back.
            cache_control="no-store",
            kms_key_id=self.foundation.keys.edge_key_arn,
            region=EDGE_REGION,
            opts=self._inside,
        )
        self.bucket_regional_domain_name = self._bucket.bucket_regional_domain_name
        self._publish()

    def serve_through(self, distribution_arn: pulumi.Input[str]) -> None:
        """Let one CloudFront distribution read the page."""
        self._bucket.set_policy([read_by_distribution(self._bucket, distribution_arn)])


def _page(settings: MaintenancePage) -> str:
    template = Template((Path(__file__).parent / "maintenance.html").read_text(encoding="utf-8"))
    return template.substitute(heading=escape(settings.heading), message=escape(settings.message))
