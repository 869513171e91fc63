"""Specification of the certificates service."""
