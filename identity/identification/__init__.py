"""Presenting one identification: a challenge to an identity card, or a one-time code."""
