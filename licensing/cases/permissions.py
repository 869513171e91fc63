"""Who may do what to a case. Whoever may not act on it does not see it either."""

from licensing.cases.model import Actor, Case
from shared.regions import covers


def may_act(by: Actor, case: Case) -> bool:
    """The department that handles it, within its region; the applicant; the platform."""
    match by.kind:
        case "officer":
            return by.department == case.department and by.region is not None and covers(by.region, case.region)
        case "applicant":
            return by.id == case.applicant
        case _:
            return True
