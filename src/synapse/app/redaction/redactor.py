"""Masks one export: the same secret by the same mask wherever it stands, and an account of it."""

from __future__ import annotations

import json

from synapse.app.redaction.finding import find
from synapse.app.redaction.kinds import HOME, KINDS, Finding
from synapse.app.redaction.own_words import own_words
from synapse.app.redaction.report import Collected, Report
from synapse.archived import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from synapse.archived import ArchivedMessage, ArchivedSession
    from synapse.domain import Attachment, Session, StoredMessage, Summary

_MOST_ROUNDS = 8
"""Times that a masked text is looked at again: what stands beside a mask may be a secret without
what is gone."""
_PLACES_KEPT = 1_000
"""Sessions of which is remembered where something was masked; of the others only how much."""


class Redactor:
    """What is to be masked in one export, and what was.

    `words` are those of `[export] redact`: a text is masked wherever it stands, in capital letters
    or not; one between slashes is a regular expression. `keys` are the user's own, `home` and
    `user` say who that is. With `warn_only` nothing is masked, and only secrets are looked for.

    Raises ConfigError for a word that is no regular expression, and, from any method, if one takes
    too long.
    """

    def __init__(
        self,
        words: Sequence[str] = (),
        keys: Sequence[str] = (),
        home: str | None = None,
        user: str | None = None,
        *,
        warn_only: bool = False,
    ) -> None:
        self._own = own_words(
            words, keys, "" if warn_only else home or "", "" if warn_only else user or ""
        )
        self._warn_only = warn_only
        self._numbers: dict[int, str] = {}  # by the hash of what is masked: it is kept nowhere
        self._last: dict[str, int] = {}
        self._found: dict[str, set[int]] = {}
        self._places: dict[str, Collected] = {}
        self._sessions: set[str] = set()
        self._place: Collected | None = None
        self._unseen = 0
        self._notes = True

    # ---------------------------------------------------------------------------- texts

    def find(self, text: str) -> list[Finding]:
        """What is to be masked in the text; of a Redactor that only warns, what is worth it."""
        found = find(text, self._own, secrets_only=self._warn_only)
        if self._warn_only:
            return [finding for finding in found if finding.sure]
        return found

    def text(self, text: str) -> str:
        """The text with masks; the same object if there was nothing to mask."""
        for _ in range(_MOST_ROUNDS):
            found = self.find(text)
            if not found:
                break
            pieces: list[str] = []
            at = 0
            for finding in found:
                pieces += (text[at : finding.start], self._mask(finding))
                at = finding.end
            pieces.append(text[at:])
            text = "".join(pieces)
        return text

    def json(self, text: str) -> str:
        """JSON with masks, which is JSON still; what is none is masked as any text."""
        masked = self.text(text)
        if masked is text:
            return text
        if _is_json(masked) or not _is_json(text):
            return masked
        return json.dumps(self._json(json.loads(text)), ensure_ascii=False)

    def _json(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self._member(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._json(inner) for inner in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            written = str(value)
            masked = self.text(written)
            return value if masked == written else masked
        return value

    def _member(self, key: str, value: object) -> object:
        """The value of a key, which may be what tells that it is a secret."""
        if not isinstance(value, str):
            return self._json(value)
        masked = self.text(value)
        before = f"{json.dumps(key, ensure_ascii=False)}: "
        together = self.text(before + json.dumps(masked, ensure_ascii=False))
        if together.startswith(before):
            try:
                return json.loads(together[len(before) :])
            except ValueError:
                pass
        return masked

    # ---------------------------------------------------------------------------- nouns

    def archived(self, archived: ArchivedSession) -> ArchivedSession:
        """The session with masks; its messages get theirs when they are read. What is found until
        the next session stands in this one.
        """
        session, tags = self.session(archived.session, archived.tags)
        origin, extra = archived.origin, self._extra(archived.extra)
        summaries = tuple(map(self.summary, archived.summaries))
        if (session, tags, summaries) != (
            archived.session,
            [*archived.tags],
            archived.summaries,
        ):
            extra = {**extra, REDACTED: True}
        return archived.replace(
            session=session,
            messages=self._messages(archived.messages),
            tags=tuple(tags),
            origin=origin and origin.replace(id=self.text(origin.id)),
            changes={self.text(name): moment for name, moment in archived.changes.items()},
            extra=extra,
            summaries=summaries,
        )

    def summary(self, summary: Summary) -> Summary:
        """What stands for older messages, with masks; the report counts it to the session."""
        return summary.replace(
            content=self.text(summary.content), focus=self._optional(summary.focus)
        )

    def _messages(self, messages: Iterable[ArchivedMessage]) -> Iterator[ArchivedMessage]:
        for archived in messages:
            message = self.message(archived.message)
            extra = self._extra(archived.extra)
            if message != archived.message:
                extra = {**extra, REDACTED: True}
            yield archived.replace(message=message, extra=extra)

    def _extra(self, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        return {self.text(key): self._member(key, value) for key, value in extra.items()}

    def session(self, session: Session, tags: Sequence[str] = ()) -> tuple[Session, list[str]]:
        """The session and its tags with masks. What is found from here on stands in it."""
        self._enter(session.handle)
        masked = session.replace(
            name=self._optional(session.name),
            title=self._optional(session.title),
            system_prompt=self._optional(session.system_prompt),
        )
        return masked, [self.text(tag) for tag in tags]

    def unnoted(self, session: Session) -> Session:
        """The session as it will be exported, for its name; the report knows nothing of it."""
        self._notes = False
        try:
            return self.session(session)[0]
        finally:
            self._notes = True

    def message(self, message: StoredMessage) -> StoredMessage:
        """A message of the session that was handed over last, with masks."""
        if self._place is not None:
            self._place.number = message.index
        return message.replace(
            content=self.text(message.content),
            reasoning=self.text(message.reasoning),
            error=self._optional(message.error),
            attachments=tuple(map(self.attachment, message.attachments)),
        )

    def attachment(self, attachment: Attachment) -> Attachment:
        """Its name and its text with masks; an image is as it was, and counted."""
        name = self.text(attachment.name)
        data = attachment.data
        if _holds_text(attachment):
            try:
                text = data.decode()
            except UnicodeDecodeError:
                self._unseen += 1
            else:
                is_json = not attachment.is_sent or attachment.media_type.endswith("json")
                masked = self.json(text) if is_json else self.text(text)
                data = data if masked is text else masked.encode()
        else:
            self._unseen += 1
        return attachment.replace(name=name, data=data)

    def look_through(self, archived: ArchivedSession) -> None:
        """Look for what the report is to tell, and change nothing; reads the messages."""
        session = archived.session
        self._enter(session.handle)
        for text in (session.name, session.title, session.system_prompt, *archived.tags):
            self._count(text or "")
        self._count_in(archived.extra)
        for summary in archived.summaries:
            self._count(summary.content)
            self._count(summary.focus or "")
        for each in archived.messages:
            self._look_at(each.message)
            self._count_in(each.extra)

    def _look_at(self, message: StoredMessage) -> None:
        assert self._place is not None
        self._place.number = message.index
        for text in (message.content, message.reasoning, message.error or ""):
            self._count(text)
        for attachment in message.attachments:
            self._count(attachment.name)
            if _holds_text(attachment):
                self._count(attachment.data.decode(errors="replace"))

    def _count_in(self, extra: Mapping[str, Any]) -> None:
        if extra:
            self._count(json.dumps(extra, ensure_ascii=False))

    def report(self) -> Report:
        """What was found so far."""
        return Report(
            counts=tuple(
                (kind, len(self._found[kind.name])) for kind in KINDS if kind.name in self._found
            ),
            places=tuple(place.told() for place in self._places.values()),
            session_count=len(self._sessions),
            unseen=self._unseen,
        )

    # ---------------------------------------------------------------------------- within

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _enter(self, handle: str) -> None:
        self._place = self._places.get(handle) or Collected(handle)

    def _count(self, text: str) -> None:
        for finding in self.find(text) if text else ():
            self._note(finding, hash(finding.value))

    def _note(self, finding: Finding, identity: int) -> None:
        if not self._notes:
            return
        self._found.setdefault(finding.kind.name, set()).add(identity)
        place = self._place
        if place is not None:
            place.note(finding.kind)
            self._sessions.add(place.session)
            if len(self._places) < _PLACES_KEPT:
                self._places[place.session] = place

    def _mask(self, finding: Finding) -> str:
        value = finding.value.lower() if finding.label == "e-mail" else finding.value
        identity = hash(value)
        self._note(finding, identity)
        if finding.kind is HOME:
            return "{home}"
        mask = self._numbers.get(identity)
        if mask is None:
            number = self._last[finding.label] = self._last.get(finding.label, 0) + 1
            mask = self._numbers[identity] = f"{{{finding.label}-{number}}}"
        return mask


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _holds_text(attachment: Attachment) -> bool:
    is_text = attachment.is_text or not attachment.is_sent
    return is_text or attachment.media_type.endswith(("json", "xml", "yaml", "javascript"))
