"""Specification of certificates.issuing."""
