"""Specification of certificates.delivery."""
