"""Certificates issued before go-live, loaded by their issuers."""
