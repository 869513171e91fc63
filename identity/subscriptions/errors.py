"""The ways in which subscriptions are refused. Topics that are not valid or not allowed: `shared.messaging.errors`."""

from shared.errors import Conflict, Invalid, NotFound, RuleNotMet


class TopicsOverlap(Invalid):
    """The bus would refuse them: `pointer` and `other` match an event in common."""

    code = "topics-overlap"
    title_en = "Two of the topics match the same events; say each once"
    title_zh = "主题之间存在重叠，请勿重复订阅"


class SubscriptionNameTaken(Conflict):
    code = "subscription-name-taken"
    title_en = "Another department uses this name; choose another one"
    title_zh = "该订阅名称已被其他部门使用，请另选名称"


class SubscriptionDiffers(Conflict):
    """`topics` are those that the subscription has. It is deleted and made anew, or another name is chosen."""

    code = "subscription-differs"
    title_en = "You have a subscription of this name with other topics; delete it first, or choose another name"
    title_zh = "同名订阅的主题不同，请先删除该订阅或另选名称"


class TooManySubscriptions(RuleNotMet):
    code = "too-many-subscriptions"
    title_en = "The department has as many subscriptions as it may have"
    title_zh = "该部门的订阅数量已达上限"


class SubscriptionNotFound(NotFound):
    code = "subscription-not-found"
    title_en = "You have no subscription of this name"
    title_zh = "没有该名称的订阅"
