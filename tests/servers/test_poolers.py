"""Poolers that keep what a connection asks for to themselves."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing

import pytest
from postgres_server import fresh_archive

from synapse.errors import DatabaseError, StoreUnreachable
from synapse.stores import open_store
from synapse.stores.postgres import _migrations
from synapse.stores.postgres.connection import Connection

_REFUSAL = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"


def _refuse(listener: socket.socket) -> None:
    """As PgBouncer does, unless its settings say otherwise."""
    peer, _ = listener.accept()
    with peer:
        if peer.recv(65536)[4:8] == struct.pack("!I", 80877103):  # may this be encrypted?
            peer.sendall(b"N")
            peer.recv(65536)
        peer.sendall(b"E" + struct.pack("!I", len(_REFUSAL) + 4) + _REFUSAL)


def test_one_that_refuses_our_settings_is_told_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse, args=(listener,))
        thread.start()
        with pytest.raises(StoreUnreachable, match="a pooler on the way") as raised:
            open_store(f"postgresql://me@127.0.0.1:{listener.getsockname()[1]}/archive")
        thread.join()
    assert "ignore_startup_parameters = options" in str(raised.value.hints)


def test_one_that_passes_them_over_is_not_taken_for_an_empty_database() -> None:
    with closing(Connection(fresh_archive(), busy_timeout=5.0)) as connection:
        _migrations.check(connection)
        connection.run("SET search_path TO public")
        with pytest.raises(DatabaseError, match="the search_path is public") as raised:
            _migrations.check(connection)
    assert "SET search_path = synapse, pg_temp" in str(raised.value.hints)
