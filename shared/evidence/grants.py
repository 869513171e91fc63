"""Grants are verified where they are used, offline: by the published keys of who may sign them."""

from collections.abc import Mapping

from pydantic import ValidationError

from shared.contracts.evidence import GRANT_TYPE, Grant
from shared.evidence.errors import GrantRefused
from shared.jose import Keys, NotTrusted, open_jws, peek_header


class GrantVerifier:
    """Reads grants. `issuers` maps the name of each signer to its keys; a signer cannot speak in another's name."""

    def __init__(self, issuers: Mapping[str, Keys]) -> None:
        self._issuers = dict(issuers)

    async def open(self, token: str) -> Grant:
        """The grant, if one of the issuers signed it. Times, reader and reach are judged by `rules.refusal`.

        Refuses (GrantRefused `not-genuine`) everything else; raises Unavailable while keys cannot be fetched.
        """
        try:
            header = peek_header(token)
            if header.get("typ") != GRANT_TYPE:
                raise NotTrusted("the statement is of another type")
            for issuer, keys in self._issuers.items():
                key = await keys.find(header["kid"])
                if key is not None:
                    grant = Grant.model_validate(open_jws(token, key))
                    if grant.iss == issuer:
                        return grant
        except (NotTrusted, ValidationError):
            pass
        raise GrantRefused("not-genuine")
