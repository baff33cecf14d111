"""The rights of the roles that use a database."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.stores.servers.dialect import Raw, Rows


def run(raw: Raw, name: str, **values: Any) -> Rows:
    """The rows of a statement of sharing.sql."""
    return raw.execute(raw.dialect.statements("sharing")[name], values)


def members(raw: Raw) -> dict[str, bool]:
    """Each role that the tables were opened to, and whether it owns them; the owner first."""
    return {row[0]: row[1] for row in run(raw, "members")}


def give_rights(raw: Raw, role: str) -> None:
    """What a role needs for sessions of its own."""
    _run_all(raw, run(raw, "opening", role=role))


def take_rights(raw: Raw, role: str) -> None:
    """Everything that it has."""
    _run_all(raw, run(raw, "closing", role=role))


def renew_rights(raw: Raw) -> None:
    """Give every member the rights to what a migration has added."""
    for role, owns in members(raw).items():
        if not owns and role != "public":
            give_rights(raw, role)


def _run_all(raw: Raw, statements: Rows) -> None:
    """Statements that the server has put together, with the names quoted."""
    raw.execute(";".join(statement for (statement,) in statements))
