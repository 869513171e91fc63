"""Specification of certificates.verification."""
