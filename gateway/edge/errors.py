"""The ways the door itself says no."""

from shared.errors import Malformed, ServiceError


class HostNotOurs(Malformed):
    code = "unknown-host"
    title_en = "This is not the address of this platform"
    title_zh = "请求的主机名不属于本平台"


class HeaderRepeated(Malformed):
    code = "header-repeated"
    title_en = "A header that may stand once stands twice"
    title_zh = "请求头重复"


class AddressTooLong(ServiceError):
    status = 414
    code = "address-too-long"
    title_en = "The request's address is longer than allowed"
    title_zh = "请求地址过长"
