"""The traffic of a provider: requests, sent again where that may help, and their failures.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time
from _thread import start_new_thread

from synapse.advice import RETRY, Advice
from synapse.errors import (
    BalanceExhausted,
    ContextTooLong,
    ImageRefused,
    ModelLoading,
    NetworkError,
    ProviderError,
    RequestTooLarge,
)
from synapse.ports import Retrying
from synapse.providers.traffic.curl import pycurl
from synapse.providers.traffic.transfer import Stalled, Transfer, configure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from synapse.errors import SynapseError
    from synapse.ports import Cancellation, ProviderOptions
    from synapse.providers._endpoint import Endpoint
    from synapse.providers.traffic.transfer import Failure, Request

_LONGEST_ERROR = 64 * 1024
"""Bytes of the body of an error that are read."""

_FINAL = (BalanceExhausted, ContextTooLong, ImageRefused, RequestTooLarge)
"""What the same request meets again, whatever the status says: llama.cpp answers 500."""
_ABOUT_THE_FORM = (400, 422)
"""The statuses under which a server says what it does not take."""

_TICK = 0.05
"""Seconds after which the pause before an attempt looks whether it is still wanted."""


class Traffic:
    """Sends requests to one endpoint, again if they failed in a way that passes."""

    def __init__(self, endpoint: Endpoint, options: ProviderOptions) -> None:
        self.endpoint = endpoint
        self._options = options
        # Connections live in here and are used again. Two streams at once need one each.
        self._idle: list[pycurl.CurlMulti] = []

    def send(
        self, request: Request, cancellation: Cancellation, model: str
    ) -> Generator[Retrying, None, Transfer | None]:
        """The transfer of a request that was answered with 200, at its first byte; None if
        nobody waits for it any longer. Gives Retrying before each wait. The caller closes it
        with `done`. Raises the error of the last attempt.
        """
        total = self._options.total_timeout
        started = time.monotonic()
        deadline = started + total if total is not None else None
        failures = 0
        loading = _Loading(request)
        while True:
            transfer = self._start(request, cancellation, deadline)
            accepted = False
            try:
                transfer.begin()
                if cancellation:
                    return None
                accepted = transfer.is_answer
                if accepted:
                    return transfer
                failures += 1
                error, wait = self._assess(transfer, model, failures)
            except Stalled as stall:
                error, wait = self.stalled(stall), None
            finally:
                if not accepted:
                    self.done(transfer)
            if cancellation:
                return None
            if isinstance(error, ModelLoading):
                wait = loading.wait(wait)
            ends = time.monotonic() + (wait or 0)
            if wait is None or (deadline is not None and ends >= deadline):
                raise _after(error, failures, time.monotonic() - started)
            if loading.is_news:
                yield Retrying(
                    error=error.message.partition(': "')[0],
                    delay=wait,
                    attempt=failures + 1,
                    attempts=max(self._options.attempts, failures + 1),
                    at_most=loading.at_most,
                )
            while not cancellation and time.monotonic() < ends:
                time.sleep(max(0.0, min(_TICK, ends - time.monotonic())))
            if cancellation:
                return None

    def done(self, transfer: Transfer) -> None:
        """Close a transfer; its connection may serve the next one."""
        transfer.close()
        if transfer.is_looking_up:
            _close_unattended(transfer.multi)
        else:
            self._idle.append(transfer.multi)

    def broken(self, failure: Failure) -> SynapseError:
        """The error for a transfer that failed."""
        from synapse.providers.traffic import network

        return network.error_of(failure, self.endpoint, self._options.connect_timeout)

    def stalled(self, stall: Stalled) -> SynapseError:
        """The error for a transfer that took too long."""
        if stall.in_all:
            return NetworkError(
                f"{self.endpoint.provider} took longer than {stall.seconds:g} s in all",
                "Allow more with total_timeout in its configuration.",
            )
        return NetworkError(
            f"{self.endpoint.provider} sent nothing for {stall.seconds:g} s",
            Advice("Again:  ", RETRY),
        )

    def _start(
        self, request: Request, cancellation: Cancellation, deadline: float | None
    ) -> Transfer:
        multi = self._idle.pop() if self._idle else pycurl.CurlMulti()
        handle = pycurl.Curl()
        configure(handle, request, self.endpoint, self._options)
        return Transfer(multi, handle, self._options, cancellation, deadline)

    def _assess(
        self, transfer: Transfer, model: str, failures: int
    ) -> tuple[SynapseError, float | None]:
        """The error of a failed attempt, and the seconds until the next; None if it is none."""
        from random import random  # heavy

        from synapse.providers import _error_responses as _faults
        from synapse.providers.traffic import network, retry

        again = failures < self._options.attempts
        if transfer.failure is not None:
            passes = again and network.may_pass(transfer.failure, self.endpoint)
            error = self.broken(transfer.failure)
            return error, retry.backoff(failures, random()) if passes else None
        status, headers = transfer.status, transfer.headers()
        body = transfer.read(_LONGEST_ERROR)
        error = _faults.of_response(self.endpoint, model, status, headers, body)
        if status in _ABOUT_THE_FORM and isinstance(error, ProviderError):
            error.body = body.decode("utf-8", "replace")
        asked = retry.asked_wait(headers, time.time(), body)
        if asked is not None and retry.LONGEST_WAIT < asked <= retry.LONGEST_TOLD:
            error.hints = (f"It asks to wait {_span(asked)} before the next request.",)
        passes = again and retry.is_worthwhile(status, headers, asked)
        if not passes or isinstance(error, _FINAL):
            return error, None
        return error, retry.backoff(failures, random()) if asked is None else asked


class _Loading:
    """Waiting for a server that is loading its model: told once, and bounded in all."""

    def __init__(self, request: Request) -> None:
        self._waits = request.method == "POST"  # a list can do without
        self._tries = 0
        self._until = 0.0
        self.at_most: float | None = None
        self.is_news = True

    def wait(self, otherwise: float | None) -> float | None:
        """The seconds until the next attempt; None if it has been waited for long enough."""
        from synapse.providers.traffic import retry

        if not self._waits:
            return otherwise
        now = time.monotonic()
        self._tries += 1
        if self.at_most is None:
            self.at_most, self._until = retry.LONGEST_WAIT, now + retry.LONGEST_WAIT
        else:
            self.is_news = False
        return retry.loading_wait(self._tries) if now < self._until else None


def _close_unattended(multi: pycurl.CurlMulti) -> None:
    """Have the connections closed where nobody waits for it, at the end of the process either:
    from libcurl 8.20 on that lasts until the name server has answered. 0.1 ms.
    """
    start_new_thread(multi.close, ())


def _after(error: SynapseError, attempts: int, seconds: float) -> SynapseError:
    if attempts < 2:
        return error
    tried = f"; tried {attempts} times" + (f" over {_span(seconds)}" if seconds >= 1 else "")
    return type(error)(error.message + tried, *error.hints)


def _span(seconds: float) -> str:
    """`21 s`, `12 min`, `3 h`, `5 days`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
