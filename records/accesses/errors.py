"""The way in which accesses are refused."""

from shared.errors import NotAllowed


class PartyNotRepresented(NotAllowed):
    """Also for a party that does not exist."""

    code = "party-not-represented"
    title_en = "You may not act for this party"
    title_zh = "您无权代理该主体"
