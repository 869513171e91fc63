"""Cases over HTTP: for the departments that handle them, for applicants, and for the services that make results."""

from fastapi import APIRouter

from licensing.cases.api.applicant import router as applicant
from licensing.cases.api.department import router as department
from licensing.cases.api.internal import router as internal

router = APIRouter()
for part in (department, applicant, internal):
    router.include_router(part)

__all__ = ["router"]
