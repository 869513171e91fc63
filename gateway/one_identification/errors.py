"""The way that only this call is refused."""

from shared.errors import Invalid


class RepresentationsNotYours(Invalid):
    code = "invalid-request"
    title_en = "Whom you may act for is established by us, not sent by you"
    title_zh = "代理关系由平台核定，不可由请求提供"
