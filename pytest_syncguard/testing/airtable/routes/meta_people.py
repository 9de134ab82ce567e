"""Who may see a base, as the metadata API tells it."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.service import OWNER

WORKSPACE = "wspLocalWorkspace"  # of bases that were not made in another one
BEGINNING = "1970-01-01T00:00:00.000Z"  # of bases that nobody told when they were made


def permission(user: User) -> str:
    """Everybody may do everything; the workspace belongs to one."""
    return "owner" if user.id == OWNER.id else "create"


def about_base(base: Base, users: Iterable[User], included: Set[str]) -> dict[str, Any]:
    """The base, with what is asked for of ``collaborators``, ``inviteLinks``, ``interfaces`` and ``packages``.

    The owner comes with the workspace, all others were invited by the owner to the base.
    """
    created = base.created or BEGINNING
    document: dict[str, Any] = {
        "id": base.id,
        "name": base.name,
        "createdTime": created,
        "workspaceId": base.workspace or WORKSPACE,
    }
    if "collaborators" in included:
        people = list(users)
        owners = [_person(user, created) for user in people if user.id == OWNER.id]
        others = [_person(user, created) for user in people if user.id != OWNER.id]
        document["individualCollaborators"] = {"baseCollaborators": others, "workspaceCollaborators": owners}
        document["groupCollaborators"] = {"baseCollaborators": [], "workspaceCollaborators": []}
        document["collaborators"] = document["individualCollaborators"]
    if "inviteLinks" in included:
        document["inviteLinks"] = {"baseInviteLinks": [], "workspaceInviteLinks": []}
    if "interfaces" in included:
        document["interfaces"] = {}
    if "packages" in included:
        document["packageInstallations"] = []
    return document


def _person(user: User, created: str) -> dict[str, Any]:
    granted = {"createdTime": created, "grantedByUserId": OWNER.id, "permissionLevel": permission(user)}
    return {"userId": user.id, "email": user.email} | granted
