"""Bodies that the simulated provider takes from the store."""

from services.common.bodies import Body, Currency, Minor, PaymentMethod, PaymentToken, ReturnUrl, Text64


class ChargeRequest(Body):
    reference: Text64
    order_id: Text64
    token: PaymentToken
    method: PaymentMethod
    amount_minor: Minor
    currency: Currency
    return_url: ReturnUrl | None = None


class ChargeRefund(Body):
    refund_id: Text64
    amount_minor: Minor


class EmptyObject(Body):
    pass
