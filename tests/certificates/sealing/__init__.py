"""Specification of certificates.sealing."""
