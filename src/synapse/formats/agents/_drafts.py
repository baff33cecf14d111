"""Messages before they are final: later lines of a log say something of earlier ones."""

from __future__ import annotations

from synapse.domain import Role, Status, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from synapse.domain import Attachment
    from synapse.formats._building import SessionBuilder


class Draft:
    """A message that may still change."""

    def __init__(
        self,
        role: Role,
        content: str,
        *,
        at: datetime | None = None,
        source_id: str | None = None,
        reasoning: str = "",
        model: str | None = None,
        provider: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.role = role
        self.content = content
        self.at = at
        self.source_id = source_id
        self.reasoning = reasoning
        self.model = model
        self.provider = provider
        self.extra = extra or {}
        self.attachments: list[Attachment] = []
        self.usage = Usage()
        self.status = Status.COMPLETE
        self.error: str | None = None
        self.finish_reason: str | None = None
        self.is_superseded = False
        self.is_of_model = role is Role.ASSISTANT
        """Whether the model wrote it: an answer, or a call of a tool."""

    def add_to(self, session: SessionBuilder) -> None:
        """Append it, as it is now."""
        session.add(
            self.role,
            self.content,
            source_id=self.source_id,
            at=self.at,
            reasoning=self.reasoning,
            status=self.status,
            finish_reason=self.finish_reason,
            error=self.error,
            provider=self.provider,
            model=self.model,
            usage=self.usage,
            superseded=self.is_superseded,
            attachments=self.attachments,
            extra=self.extra,
        )
