"""The ways in which an identification is refused. None tells whether the number is known."""

from shared.errors import NotAuthenticated, NotFound, TooManyRequests


class IdentificationNotFound(NotFound):
    code = "identification-not-found"
    title_en = "There is no such identification"
    title_zh = "身份认证不存在"


class ProofNotAccepted(NotAuthenticated):
    """Carries how many tries are left."""

    code = "proof-not-accepted"
    title_en = "This does not prove the identity"
    title_zh = "身份验证未通过"


class IdentificationClosed(NotAuthenticated):
    """Expired, proved already, or tried too often: a new one is needed."""

    code = "identification-closed"
    title_en = "This identification is over; start a new one"
    title_zh = "本次身份认证已结束，请重新开始"


class TooManyIdentifications(TooManyRequests):
    code = "too-many-identifications"
    title_en = "Too many identifications were started and not completed; try again later"
    title_zh = "未完成的身份认证过多，请稍后再试"
