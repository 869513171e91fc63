"""A department's side of a OneVisit platform: hear every event, prove that none was missed, call the API.

At least once, in order per entity, provably complete: what each word means is in the README.
"""

from onevisit_client.chain import GENESIS, canonical, link
from onevisit_client.errors import (
    AlreadyApplied,
    BusUnavailable,
    EventNotValid,
    KeyNotUsable,
    NotAcknowledged,
    OneVisitError,
    Park,
    PlatformRefused,
    PlatformUnavailable,
)
from onevisit_client.events import Event
from onevisit_client.handing import HandedEvent
from onevisit_client.inbox import Head, Inbox, Waiting
from onevisit_client.intake import Retrying
from onevisit_client.platform import Platform
from onevisit_client.reconciliation import reconcile
from onevisit_client.shapes import Alarm, Gap, Heads, NatsPlace, Page, Report, Subscription, TopicHead
from onevisit_client.sqlite import SqliteInbox
from onevisit_client.subscriber import Subscriber
from onevisit_client.tokens import ClientCredentials

__all__ = [
    "GENESIS",
    "Alarm",
    "AlreadyApplied",
    "BusUnavailable",
    "ClientCredentials",
    "Event",
    "EventNotValid",
    "Gap",
    "HandedEvent",
    "Head",
    "Heads",
    "Inbox",
    "KeyNotUsable",
    "NatsPlace",
    "NotAcknowledged",
    "OneVisitError",
    "Page",
    "Park",
    "Platform",
    "PlatformRefused",
    "PlatformUnavailable",
    "Report",
    "Retrying",
    "SqliteInbox",
    "Subscriber",
    "Subscription",
    "TopicHead",
    "Waiting",
    "canonical",
    "link",
    "reconcile",
]
