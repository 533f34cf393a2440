"""Notices of the payment provider about changed charges.

A notice is signed and names a charge, nothing else; the charge is then read from the provider. Therefore a repeated,
late or reordered notice does no harm.
"""

from datetime import timedelta

from joserfc import jws
from joserfc.errors import JoseError

from functions.common import names
from functions.common.log import cause, logger
from functions.common.model import now
from services.common.bodies import ProviderNotice
from services.common.identity import keys
from services.common.problems import ProblemError, unavailable
from services.common.settings import setting
from services.payments.progress import advance
from services.payments.provider import ProviderError, provider
from services.payments.records import Payment

_FRESH = timedelta(minutes=5)


def verify(body: bytes, signature: str) -> None:
    """
    Args:
        signature: JWS of the body in compact form, with the payload left out (RFC 7515, appendix F).

    Raises:
        ProblemError: 401, the provider has not signed this body; 503, it is switched off: it sends the notice again.
    """
    url = setting(names.PAYMENT_PROVIDER_URL)
    if url == names.OFF:
        raise unavailable("the payment provider")
    known = keys(url.rstrip("/"))
    try:
        jws.deserialize_compact(signature, known.named_by, algorithms=["ES256"], payload=body)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        logger.warning("notice refused", extra={"cause": cause(error)})
        raise ProblemError(401, "the notice must be signed by the payment provider") from None


def take(notice: ProviderNotice) -> None:
    """
    Raises:
        ProblemError: 401, the notice is old; 503, the provider cannot be asked: it comes again.
    """
    if abs(now() - notice.sent_at) > _FRESH:
        raise ProblemError(401, "the notice must have been sent in the last five minutes")
    if Payment.read(notice.reference) is None:
        logger.warning("notice of an unknown charge")
        return
    try:
        charge = provider().find(notice.reference)
        if charge:
            advance(notice.reference, charge)
    except ProviderError:
        raise unavailable("the payment provider") from None
