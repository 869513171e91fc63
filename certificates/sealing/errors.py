"""The ways sealing says no. None of them reaches a caller: they stop a start, park a message, or become a verdict."""

from uuid import UUID


class NotASeal(ValueError):
    """A header or certificate that no seal of ours has."""


class UnsafeSealKey(Exception):
    """A key file that must not be used; the message says why and what to do."""


class NoSealKey(Exception):
    """This department or office has no sealing key here, or its certificate names another credit code."""

    def __init__(self, *, holder: str) -> None:
        super().__init__(f"no seal key for {holder}")
        self.holder = holder


class NotSealable(Exception):
    """The document has no byte representation that would survive."""

    def __init__(self, *, certificate: UUID) -> None:
        super().__init__(f"certificate {certificate} cannot be sealed")
        self.certificate = certificate
