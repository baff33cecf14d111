"""One HTTP request over libcurl, interruptible at any moment.

Only providers that use the network import this module: libcurl costs a start-up 14 million
instructions.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time

import synapse
from synapse.providers.traffic.curl import pycurl
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import Cancellation, ProviderOptions
    from synapse.providers._endpoint import Endpoint

_TICK = 0.05
"""Seconds after which a wait for the network looks whether it is still wanted."""

_MOST_PENDING = 4 << 20
"""Bytes that wait for whoever reads, before the server has to: a few kilobytes of gzip become
gigabytes.
"""

_QUICK_EXIT = 322
"""CURLOPT_QUICK_EXIT (libcurl 7.87), which pycurl has no name for: don't join the thread that
hangs in a name look-up. Without it, closing the handle after Ctrl-C waits for the name server;
from libcurl 8.20 on, closing the CurlMulti does so all the same (`is_looking_up`)."""


class Request(Record):
    """What is sent."""

    method: str
    url: str
    headers: tuple[str, ...]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"


class Failure:
    """How a transfer ended if not well."""

    __slots__ = ("begun", "code", "errno", "proxy_status", "text")

    def __init__(self, handle: pycurl.Curl, code: int, text: str, *, begun: bool) -> None:
        self.code = code
        self.text = text
        self.begun = begun
        """Whether part of the answer had arrived."""
        self.errno: int = handle.getinfo(pycurl.OS_ERRNO)
        self.proxy_status: int = handle.getinfo(pycurl.HTTP_CONNECTCODE)


class Stalled(Exception):
    """No byte came for as long as one may take, or the whole took too long."""

    def __init__(self, seconds: float, *, in_all: bool) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.in_all = in_all


class Transfer:
    """One request on its way. Iterating over it gives the body's bytes as they come.

    Iteration ends at the end of the body, at a failure (`failure` says which), and within
    _TICK once `cancellation` is set. Raises Stalled.
    """

    def __init__(
        self,
        multi: pycurl.CurlMulti,
        handle: pycurl.Curl,
        options: ProviderOptions,
        cancellation: Cancellation,
        deadline: float | None,
    ) -> None:
        self.multi = multi
        self._handle = handle
        self._cancellation = cancellation
        self._patience = options.timeout
        self._deadline = deadline
        self._total = options.total_timeout
        self._pieces: list[bytes] = []
        self._pending = 0
        self._paused = False
        self._header_lines: list[bytes] = []
        self._uploaded = 0
        self._begun = False
        self.running = True
        self.failure: Failure | None = None
        self.is_looking_up = False
        """Whether, when it was closed, a name server may still have owed an address: of the
        host, or of its other family of addresses beside the one that was connected to.
        """
        self.every_byte_counts = True
        """False: only what `hear` is called for is a sign of life."""
        handle.setopt(pycurl.WRITEFUNCTION, self._receive)
        handle.setopt(pycurl.HEADERFUNCTION, self._header_lines.append)
        multi.add_handle(handle)
        self._last_activity = time.monotonic()

    @property
    def status(self) -> int:
        """The HTTP status; 0 before there is one."""
        status: int = self._handle.getinfo(pycurl.RESPONSE_CODE)
        return status

    @property
    def is_answer(self) -> bool:
        """Whether the request was accepted and an answer, be it an empty one, has begun.

        The first bytes and the break of the connection can come at once.
        """
        return 200 <= self.status < 300 and (bool(self._pieces) or self.failure is None)

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for it any longer."""
        return bool(self._cancellation)

    def headers(self) -> dict[str, str]:
        """The header fields by lower-case name, of the last answer if there were several."""
        fields: dict[str, str] = {}
        for line in self._header_lines:
            if line.startswith(b"HTTP/"):
                fields = {}
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        return fields

    def begin(self) -> None:
        """Wait for the first byte of the body, the end, or the cancellation. Raises Stalled."""
        while not self._pieces and self.running and not self._cancellation:
            self._wait()

    def __iter__(self) -> Iterator[bytes]:
        pieces = self._pieces
        while not self._cancellation:
            if pieces:
                self._begun = True
                data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                pieces.clear()
                self._pending = 0
                yield data
            elif self.running:
                self._wait()
            else:
                return

    def read(self, longest: int) -> bytes:
        """The body up to `longest` bytes, or what came of it until it broke off or stalled."""
        parts, size = [], 0
        try:
            for data in self:
                parts.append(data)
                size += len(data)
                if size >= longest:
                    break
        except Stalled:
            pass
        return b"".join(parts)[:longest]

    def close(self) -> None:
        """Give the connection back if the answer has ended, else break it off."""
        if self.running:
            self.multi.perform()  # the end often came with the last bytes
            self._collect()
        self.is_looking_up = self._may_be_looking_up()
        self.multi.remove_handle(self._handle)
        self._handle.close()

    def _may_be_looking_up(self) -> bool:
        if self._handle.getinfo(pycurl.NAMELOOKUP_TIME) > 0:
            return False
        connected_before = self.status > 0 and self._handle.getinfo(pycurl.NUM_CONNECTS) == 0
        return not connected_before

    def note_progress(self, alive: bool) -> None:
        """Say whether the last bytes were a sign of life. Raises Stalled if there has been none
        for too long.
        """
        if alive:
            self._last_activity = time.monotonic()
        else:
            self._check_silence()

    def _receive(self, data: bytes) -> int | None:
        if self._pending >= _MOST_PENDING:
            self._paused = True
            return pycurl.WRITEFUNC_PAUSE
        self._pieces.append(data)
        self._pending += len(data)
        return None

    def _wait(self) -> None:
        if self._paused:
            self._paused = False
            self._handle.pause(pycurl.PAUSE_CONT)
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            raise Stalled(self._total or 0, in_all=True)
        _, left = self.multi.perform()
        if self._pieces and self.every_byte_counts:
            self._last_activity = now
        if left == 0:
            self._collect()
        elif not self._pieces and self.multi.select(_TICK) <= 0:
            self._check_silence()

    def _collect(self) -> None:
        while self.running:
            waiting, good, bad = self.multi.info_read()
            if good:
                self.running = False
            for handle, code, text in bad:
                self.running = False
                self.failure = Failure(handle, code, text, begun=self._begun or bool(self._pieces))
            if not waiting:
                return

    def _check_silence(self) -> None:
        now = time.monotonic()
        sent: int = self._handle.getinfo(pycurl.SIZE_UPLOAD_T)
        if sent > self._uploaded:  # a large request on a slow line is no stall
            self._uploaded, self._last_activity = sent, now
        elif now - self._last_activity >= self._patience:
            raise Stalled(self._patience, in_all=False)


def configure(
    handle: pycurl.Curl, request: Request, endpoint: Endpoint, options: ProviderOptions
) -> None:
    """Prepare `handle` for the request."""
    # Redirects stay off, libcurl's default: they would carry the conversation elsewhere.
    handle.setopt(pycurl.URL, request.url)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, round(options.connect_timeout * 1000)))
    handle.setopt(pycurl.ACCEPT_ENCODING, "gzip")
    fields = [f"User-Agent: synapse/{synapse.__version__}", "Expect:", *request.headers]
    if endpoint.key is not None:
        fields.append(f"Authorization: Bearer {endpoint.key}")
    handle.setopt(pycurl.HTTPHEADER, fields)
    if request.body is not None:
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.POSTFIELDSIZE, len(request.body))
        handle.setopt(pycurl.COPYPOSTFIELDS, request.body)
    if endpoint.unix_socket is not None:
        handle.setopt(pycurl.UNIX_SOCKET_PATH, endpoint.unix_socket)
    if endpoint.is_here:
        handle.setopt(pycurl.PROXY, "")  # a proxy could not reach this machine's loopback
    try:
        handle.setopt(_QUICK_EXIT, 1)
    except pycurl.error:
        pass  # an older libcurl
    if request.url[:6].lower() == "https:":
        from synapse.providers.traffic import certificates

        certificates.configure(handle, endpoint.environ)
