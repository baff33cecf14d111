"""What an export masked, or would give away, in sentences."""

from __future__ import annotations

from synapse.cli.listing.tables import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.app.redaction.report import Place, Report

_SESSIONS_TOLD = 10
_MESSAGES_TOLD = 8


def warning(report: Report) -> str:
    """`2 API keys and 1 private key are in what is exported (messages 3, 7 of 4c3834c9)`."""
    total = sum(number for _, number in report.counts)
    places = [_place(place) for place in report.places[:_SESSIONS_TOLD]]
    return (
        f"{_counts(report)} {'is' if total == 1 else 'are'} in what is exported"
        f" ({_listed([*places, *_more(report, len(places))])})"
    )


def masked(report: Report) -> list[str]:
    """What was masked and where: a line for all, and one a session, where there are several."""
    if not report.counts:
        lines = ["Masked nothing: no secret and no personal data was found."]
    elif report.session_count == 1:
        lines = [f"Masked {_counts(report)} ({_place(report.places[0])})."]
    else:
        places = report.places[:_SESSIONS_TOLD]
        lines = [f"Masked {_counts(report)} in {report.session_count:,} sessions:"]
        lines += [f"  {_place(place)}" for place in places]
        lines += [f"  {more}" for more in _more(report, len(places))]
    if report.unseen:
        noun = "image or other file was" if report.unseen == 1 else "images and other files were"
        lines.append(f"{report.unseen:,} attached {noun} not looked into.")
    return lines


def facts(report: Report) -> dict[str, Any]:
    """The same for programs."""
    return {
        "counts": {kind.name: number for kind, number in report.counts},
        "sessions": [
            {"session": place.session, "messages": list(place.messages)} for place in report.places
        ],
        "not_looked_into": report.unseen,
    }


def _counts(report: Report) -> str:
    parts = [
        f"{number:,} {kind.name if number == 1 else kind.plural}" for kind, number in report.counts
    ]
    return _listed(parts)


def _place(place: Place) -> str:
    numbers = [f"{number:,}" for number in place.messages if number][:_MESSAGES_TOLD]
    of_messages = place.message_count - (0 in place.messages)
    if len(numbers) < of_messages:
        numbers.append("…")
    if not numbers:
        return f"{place.session} itself"
    noun = "message" if of_messages == 1 else "messages"
    return f"{noun} {', '.join(numbers)} of {place.session}"


def _more(report: Report, told: int) -> list[str]:
    rest = report.session_count - told
    return [count(rest, "more session")] if rest else []


def _listed(parts: list[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
