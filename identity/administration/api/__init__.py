"""What an administrator says and sees, over HTTP."""

from fastapi import APIRouter

from identity.administration.api.acts import router as acts
from identity.administration.api.clients import router as clients
from identity.administration.api.departments import router as departments
from identity.administration.api.duties import router as duties
from identity.administration.api.officers import router as officers

router = APIRouter()
for part in (departments, duties, officers, clients, acts):
    router.include_router(part)

__all__ = ["router"]
