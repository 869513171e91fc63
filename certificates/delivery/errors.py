"""The ways delivery says no. The last two come from the courier, and reach no caller."""

from shared.errors import NotFound, RuleNotMet


class DeliveryNotFound(NotFound):
    """There is none, or this caller may not see it: the answer is the same."""

    code = "delivery-not-found"
    title_en = "There is no such delivery here"
    title_zh = "未找到该送达记录"


class NotToBeDelivered(RuleNotMet):
    """Nothing is sent of a certificate that is not in force."""

    code = "certificate-not-to-be-delivered"
    title_en = "Paper copies are delivered only while the certificate is in force"
    title_zh = "证照未处于有效状态，不能寄送"


class DeliveryUnderWay(RuleNotMet):
    """One at a time: the paper is on its way, or waits to be picked up."""

    code = "delivery-under-way"
    title_en = "A paper copy of this certificate is under way already"
    title_zh = "该证照的纸质件正在送达中"


class CourierNotOffered(RuleNotMet):
    """No courier works for this platform."""

    code = "courier-not-offered"
    title_en = "There is no courier here; have it kept ready to be picked up"
    title_zh = "未提供快递送达，请选择自取"


class NotReadyForPickUp(RuleNotMet):
    """What is on its way, or was delivered, is not handed over."""

    code = "not-ready-for-pick-up"
    title_en = "This is not waiting to be picked up"
    title_zh = "该纸质件不在待领取状态"


class CourierAway(Exception):
    """The courier's system does not answer, or not as agreed: ask again later."""


class ParcelRefused(Exception):
    """The courier will not carry it to this address. Final."""
