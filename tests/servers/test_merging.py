"""Imports into a server: what is peculiar to one that may break off, or indexes in its own time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgres_server
import pytest
from contract.builders import NOON, a_session
from postgres_cluster import execute

from synapse.archived import ArchivedMessage, ArchivedSession
from synapse.domain import Role, Status, StoredMessage
from synapse.errors import StorageError
from synapse.search_query import SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.servers.archive import writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import Session


def message(session: Session, index: int, **fields: object) -> ArchivedMessage:
    made = StoredMessage.new(session.id, Role.USER, f"text {index}")
    return ArchivedMessage(message=made.replace(index=index, timestamp=NOON, **fields))


def test_what_can_be_read_once_is_stored_whole_if_the_connection_breaks_meanwhile() -> None:
    url = postgres_server.fresh_archive()
    session = a_session(updated=NOON)
    broken = []

    def messages() -> Iterator[ArchivedMessage]:
        for index in range(1, 1201):
            if index == 700:
                broken.append(
                    execute(
                        url,
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                        "AND backend_type = 'client backend'",
                    )
                )
            yield message(session, index)

    with open_store(url) as store:
        archived = ArchivedSession(session=session, messages=messages(), message_count=1200)
        merged = store.merge_session(archived)
        assert broken == [[(1,)]]
        assert (merged.is_new, merged.added) == (True, 1200)
        found = store.get_messages(session.id)
        assert [one.content for one in found] == [f"text {index}" for index in range(1, 1201)]


class TestRepeatable:
    def test_messages_come_again_from_the_beginning(self) -> None:
        session = a_session()
        every = [message(session, index) for index in range(5)]
        once = writing.Repeatable(iter(every))
        for stop in (2, 0, 4):
            for number, _ in enumerate(once):
                if number == stop:
                    break
        assert [*once] == every
        assert [*once] == every

    def test_what_would_fill_the_memory_does_not_come_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "_REMEMBERED", 100)
        session = a_session()
        every = [message(session, index, content="x" * 60) for index in range(3)]
        once = writing.Repeatable(iter(every))
        assert [*once] == every
        with pytest.raises(StorageError, match="connection broke"):
            list(once)


def test_a_text_that_an_import_completes_is_found_by_its_new_words() -> None:
    session = a_session(updated=NOON)
    half = message(session, 1, role=Role.ASSISTANT, status=Status.INTERRUPTED, content="half")
    whole = half.replace(message=half.message.replace(content="half zebra", status=Status.COMPLETE))
    with open_store(postgres_server.fresh_archive()) as store:
        store.merge_session(ArchivedSession(session=session, messages=[half]))
        store.catch_up_search(everything=True)
        store.merge_session(ArchivedSession(session=session, messages=[whole]))
        for _ in range(2):
            hits = [*store.search(SearchQuery(expression=Word(text="zebra")))]
            assert [hit.session.session.id for hit in hits] == [session.id]
            store.catch_up_search(everything=True)
