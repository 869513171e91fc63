"""The ways in which signing in elsewhere is refused."""

from shared.errors import Conflict, Invalid, RuleNotMet


class SignInRefused(Exception):
    """The ID token is not good here. `reason` is for our log; whoever sent it learns only that it is refused."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderUnknown(Invalid):
    code = "provider-unknown"
    title_en = "No provider of this issuer signs officers in here"
    title_zh = "未配置该身份提供方用于经办人登录"


class LoginTaken(Conflict):
    code = "login-taken"
    title_en = "This login belongs to somebody else"
    title_zh = "该登录账号已属他人"


class OfficerHasLogin(RuleNotMet):
    code = "officer-has-login"
    title_en = "This officer has another login at this provider; remove it first"
    title_zh = "该经办人在此身份提供方已有登录账号，请先移除"
