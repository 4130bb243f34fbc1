"""Funding's pages: the wallet, receipts, voucher programmes, and the programme office's desk."""

from .urls import urlpatterns

__all__ = ["urlpatterns"]
