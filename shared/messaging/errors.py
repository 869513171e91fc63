"""The ways in which topics are refused: as filters of the feed, and of subscriptions."""

from shared.errors import Invalid, NotAllowed
from shared.messaging.topics import Reach

NAMED_FILTERS = 50


class TopicNotValid(Invalid):
    """`pointer` says where; `known`, where there is any, what could stand in its place."""

    code = "topic-not-valid"
    title_en = "Not a topic filter"
    title_zh = "主题过滤条件无效"


class TopicNotAllowed(NotAllowed):
    """`allowed` names filters that are, first what comes nearest."""

    code = "topic-not-allowed"
    title_en = "No published sharing rule entitles you to these events"
    title_zh = "没有已公布的共享规则允许订阅这些事件"

    @classmethod
    def beyond(cls, reach: Reach, topic: str, *, pointer: str) -> "TopicNotAllowed":
        """The refusal of the filter at `pointer`, which the reach does not include."""
        return cls(pointer=pointer, allowed=[*reach.nearest(topic, at_most=NAMED_FILTERS)])
