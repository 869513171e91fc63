"""One function for each change of a certificate: load, allow, decide, change, record."""

from certificates.issuing.commands.expiring import expire_certificate
from certificates.issuing.commands.issuing import issue_certificates
from certificates.issuing.commands.operating import operate
from certificates.issuing.commands.recording import Act

__all__ = ["Act", "expire_certificate", "issue_certificates", "operate"]
