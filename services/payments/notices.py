"""Notices of the payment provider: a charge has changed. What it is now is read from the provider."""

from functions.common import names
from services.common.bodies import ProviderNotice
from services.common.webhooks import Signature
from services.payments.progress import DUTIES, NOTICES

signed = Signature("the payment provider", header="Provider-Signature", address=names.PAYMENT_PROVIDER_URL)


def take(notice: ProviderNotice) -> None:
    """
    Raises:
        ProblemError: 401, the notice is old.
    """
    queued = NOTICES.take(notice.notice_id, notice.reference, notice.sent_at)
    if queued:
        DUTIES.attend(queued)
