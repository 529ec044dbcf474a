"""Who is looking: the role and the scope of this session, public unless something says more.

In the demo (`ANXING_DEMO=1`, unless `ANXING_PUBLIC=1`) a role is chosen at the top. Without it the
public role is served: signing in comes with its own issue, and nothing is granted before that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.access import Access
from dashboard.store import Build, Scope

DEMO_ROLES = ("chief", "planner", "district", "steward", "public")


@dataclass(frozen=True)
class Viewer:
    """A role and the scope it opens."""

    role: str
    kind: str
    scope_id: str | None


PUBLIC = Viewer("public", "public", None)


def is_demo() -> bool:
    """Tell whether this process was started as the demo."""
    return os.environ.get("ANXING_DEMO") == "1" and os.environ.get("ANXING_PUBLIC") != "1"


def demo_roles(build: Build, access: Access) -> tuple[str, ...]:
    """Return the roles of which this build holds a slice."""
    return tuple(role for role in DEMO_ROLES if role_scopes(build, access, role))


def role_scopes(build: Build, access: Access, role: str) -> tuple[Scope, ...]:
    """Return the scopes a role may choose from in the demo."""
    return build.of_kind(access.opens.get(role, ""))


def current_viewer(build: Build, access: Access, chosen: Mapping[str, object]) -> Viewer:
    """Return who is looking: what was `chosen` in the demo, the public everywhere else.

    `chosen` has `role` and `scope`; what the build does not hold falls back to its first.
    """
    if not is_demo():
        return PUBLIC
    roles = demo_roles(build, access)
    if not roles:
        return PUBLIC
    role = chosen.get("role")
    role = str(role) if role in roles else roles[0]
    scopes = role_scopes(build, access, role)
    wanted = chosen.get("scope")
    ids = [scope.id for scope in scopes]
    return Viewer(role, access.opens[role], str(wanted) if wanted in ids else ids[0])
