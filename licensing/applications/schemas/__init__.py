"""The public shapes: what applicants send, and what they are shown."""

from licensing.applications.schemas.applications import (
    ApplicationSummary,
    ApplicationView,
    ProgressView,
    application_summary,
    application_view,
    progress_view,
)
from licensing.applications.schemas.drafts import DraftView, draft_view
from licensing.applications.schemas.requests import DraftChange, OneIdentification, Submission, Withdrawal

__all__ = [
    "ApplicationSummary",
    "ApplicationView",
    "DraftChange",
    "DraftView",
    "OneIdentification",
    "ProgressView",
    "Submission",
    "Withdrawal",
    "application_summary",
    "application_view",
    "draft_view",
    "progress_view",
]
