"""Mechanism that two or more services need. No domain words outside `contracts/`; imports no service."""
