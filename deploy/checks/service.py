"""All that is looked at of one service: what it is told, its database, the bus, its seals."""

from collections.abc import Mapping

from certificates.settings import CertificatesSettings
from deploy.checks.bus import check_bus
from deploy.checks.database import check_database
from deploy.checks.ending import (
    check_authority,
    check_bus_certificates,
    check_edge,
    check_seal_keys,
    check_seals,
)
from deploy.checks.finding import Finding
from deploy.checks.settings import check_files, check_settings
from shared.settings import ServiceSettings


async def check_service(
    service: str, settings: ServiceSettings, environment: Mapping[str, str], *, wholly: bool = True
) -> list[Finding]:
    """How the service is. Not `wholly`: what can keep it from starting, and nothing that takes longer."""
    told = check_settings(service, settings, environment) if settings.profile != "embedded" else []
    told += check_files(settings)
    if isinstance(settings, CertificatesSettings):
        told += check_seal_keys(settings)
    if not wholly and any(each.stops for each in told):
        return told
    seen = [*told, *await check_database(service, settings)]
    if not wholly and any(each.stops for each in seen):
        return seen
    seen += await check_bus(service, settings)
    if not wholly:
        return seen
    ends = await check_bus_certificates(settings)
    if service == "gateway":
        ends += await check_edge(settings.issuer)
    return [*seen, *ends, *(_sealing(settings) if isinstance(settings, CertificatesSettings) else [])]


def _sealing(settings: CertificatesSettings) -> list[Finding]:
    chain = settings.timestamp_chain_file
    return [*check_seals(settings.seal_directory), *(check_authority(chain) if chain else [])]
