"""Payments (PaymentMx): dues of orders, their payments and refunds by a payment provider."""
