"""The providers, as a file says: whom each signs in, for which clients, by which algorithms, how sure that makes us.

- issuer: https://sso.example.gov.cn/realms/people
signs_in: people                       # or officers
audiences: {city-app-at-sso: city-app} # our client_id by what the provider calls it
algorithms: [RS256]
acr: {urn:sso:face: 3, urn:sso:password: 1}
number_claim: id_card                  # people: where their identity number is, to find them the first time
"""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from shared.errors import CannotStart
from shared.schemas import Code, Strict

Algorithm = Literal["ES256", "ES384", "Ed25519", "PS256", "RS256"]
SignsIn = Literal["people", "officers"]
Issuer = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]{1,240}[^\s?#/]$")]
Claim = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,100}$")]
LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class Provider(Strict):
    """One provider. Nobody is signed in by what it does not say: an unknown client, algorithm or `acr` is refused."""

    issuer: Issuer
    signs_in: SignsIn
    audiences: Annotated[dict[Claim, Code], Field(min_length=1)]
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)]
    acr: Annotated[dict[Claim, Annotated[int, Field(ge=1, le=3)]], Field(min_length=1)]
    number_claim: Claim | None = None
    max_age_seconds: Annotated[int, Field(ge=30, le=3600)] = 300
    keys_seconds: Annotated[int, Field(ge=30, le=86400)] = 300
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _people_are_found_by_their_number(self) -> Self:
        if (self.signs_in == "people") != (self.number_claim is not None):
            raise ValueError("number_claim is for people: it says where their identity number is")
        return self

    def tls(self) -> ssl.SSLContext:
        """Whose certificates are believed when the provider is asked."""
        return ssl.create_default_context(cafile=self.ca_file)


_Providers = TypeAdapter(list[Provider])


def load_providers(path: Path | None, *, embedded: bool) -> tuple[Provider, ...]:
    """The providers of the file; none without a file. Refuses (CannotStart), in one line, what is not safe."""
    if path is None:
        return ()
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        providers = _Providers.validate_python(said)
    except OSError as error:
        raise CannotStart(f"{path} (ONEVISIT_OIDC_PROVIDERS_FILE) cannot be read: {error.strerror}") from None
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False, include_context=False)
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CannotStart(f"{path}: {where}: {first['msg']}; it is a list of providers") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CannotStart(f"{path} is not YAML; it is a list of providers") from None
    _check(providers, path=path, embedded=embedded)
    return tuple(providers)


def _check(providers: Sequence[Provider], *, path: Path, embedded: bool) -> None:
    if not providers:
        raise CannotStart(f"{path} names no provider; leave ONEVISIT_OIDC_PROVIDERS_FILE out instead")
    issuers = [provider.issuer for provider in providers]
    if len(set(issuers)) != len(issuers):
        raise CannotStart(f"{path}: an issuer stands twice; whom it signs in must be one thing")
    for provider in providers:
        if not provider.issuer.startswith("https://") and not (embedded and provider.issuer.startswith(LOOPBACK)):
            raise CannotStart(f"{path}: {provider.issuer} must be https")
        if provider.ca_file is not None and not provider.ca_file.is_file():
            raise CannotStart(f"{path}: the ca_file of {provider.issuer} is not there")
