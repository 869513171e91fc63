"""One function for each change of a certificate: load, allow, decide, change, record."""

from certificates.issuing.commands.acting import Act
from certificates.issuing.commands.expiring import expire_certificate
from certificates.issuing.commands.issuing import issue_certificates
from certificates.issuing.commands.operating import operate
from certificates.issuing.commands.replacing import Press, change_certificate, renew_certificate
from certificates.issuing.commands.transferring import transfer_back, transfer_in, transfer_out

__all__ = [
    "Act",
    "Press",
    "change_certificate",
    "expire_certificate",
    "issue_certificates",
    "operate",
    "renew_certificate",
    "transfer_back",
    "transfer_in",
    "transfer_out",
]
