"""Who may see a draft or an application. Whoever may not sees that there is none: 404, everywhere."""

from licensing.applications.model import Application, Draft
from shared.auth import Caller

SCOPE = "applicant"


def may_use(caller: Caller, draft: Draft) -> bool:
    """The person it was made for, through the app it was made in."""
    return caller.party == draft.sub and caller.act == draft.act


def may_see(caller: Caller, application: Application) -> bool:
    """The applicant, through whichever app."""
    return caller.party == application.applicant


def shown_roles(draft: Draft) -> frozenset[str]:
    """The roles of those whose data the applicant may see unmasked: themselves, and whom they may act for."""
    parties = {draft.statement.sub, *draft.statement.may_act_for}
    return frozenset(role for role, party in draft.bindings.items() if party in parties)
