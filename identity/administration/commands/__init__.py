"""What an administrator changes: one function per change, each in the books with it."""

from identity.administration.commands.beginning import begin
from identity.administration.commands.clients import add_key, put_client, remove_key
from identity.administration.commands.departments import put_department, retire_department
from identity.administration.commands.duties import end_duty, put_duty
from identity.administration.commands.officers import put_officer, reinstate_officer, suspend_officer

__all__ = [
    "add_key",
    "begin",
    "end_duty",
    "put_client",
    "put_department",
    "put_duty",
    "put_officer",
    "reinstate_officer",
    "remove_key",
    "retire_department",
    "suspend_officer",
]
