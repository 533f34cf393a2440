"""Payments (PaymentMx): what is due for orders, collected and given back by a payment provider."""
