"""The demonstration: a newborn's whole registration through the public API, with nothing asked twice."""

from deploy.demo.run import run

__all__ = ["run"]
