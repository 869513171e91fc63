"""An officer's login at a provider."""

from typing import Annotated

from pydantic import StringConstraints

from shared.schemas import Strict

IssuerUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{1,250}$")]


class LoginSays(Strict):
    """By which name (`sub`) the provider knows the officer. It is kept as a digest alone."""

    issuer: IssuerUrl
    subject: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
