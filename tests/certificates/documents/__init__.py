"""Specification of documents: pages, their seals, and the way back."""
