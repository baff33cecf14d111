"""The dim line below an answer: where it is kept, who gave it, what it took."""

from __future__ import annotations

import os

from synapse.advice import ASK, CHOOSE_MODEL, Advice
from synapse.providers import PROVIDERS
from synapse.terminal import style
from synapse.terminal.fold import fold_parts, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.domain import Session, StoredMessage, Usage


def footer(
    context: Context,
    session: Session | None,
    answer: StoredMessage,
    names_session: bool,
) -> str:
    """`4c3834c9 · gpt-6 · 1,204 (1,100 cached) → 567 tokens · 3.2 s · continue: synapse -c "…"`; at
    the prompt of the REPL without the session, which is told there. Where that is too wide, without
    "continue:", then without what was cached, and then in several lines. With `ui.cost`, what it
    cost stands behind the tokens.
    """
    columns = context.stderr.width(context.environ)
    before = [] if context.at_prompt else [_session(session, names_session)]
    before.append(answer.model or "?")
    after = _cost(answer.usage) if context.settings.ui.cost else []
    after += [] if answer.elapsed_ms is None else [f"{answer.elapsed_ms / 1000:.1f} s"]
    ends = [after]
    if session is not None and not context.at_prompt:
        [go_on] = context.hint_lines([Advice("", ASK, "…", go_on=True)])
        ends = [[*after, f"continue: {go_on}"], [*after, go_on]]
    ways = [
        [clean_line(part) for part in (*before, *tokens, *end)]
        for tokens in _tokens(answer.usage)
        for end in ends
    ]
    parts = next((way for way in ways if width(" · ".join(way)) <= columns), ways[-1])
    text = context.with_drawable_characters(fold_parts(parts, " · ", columns))
    return style.paint(style.style(context.color_level(of_stderr=True), style.DIM), text)


def _session(session: Session | None, names_it: bool) -> str:
    if session is None:
        return "not saved"
    name = f' "{session.name}"' if session.name and names_it else ""
    return session.handle + name


def _tokens(usage: Usage) -> list[list[str]]:
    """What was sent and received, the longest first."""
    sent, received = usage.input_tokens, usage.output_tokens
    if sent is None and received is None:
        return [[]]
    plain = [f"{_number(sent)} → {_number(received)} tokens"]
    if not usage.cached_tokens:
        return [plain]
    cached = f"{_number(usage.cached_tokens)} cached"
    return [[f"{_number(sent)} ({cached}) → {_number(received)} tokens"], plain]


def _cost(usage: Usage) -> list[str]:
    """A dash if it is not known; nothing of an answer that is free."""
    from synapse.cli.listing.money import dollars  # few want to know

    if usage.cost is None:
        return ["cost –"]
    return [dollars(usage.cost)] if usage.cost else []


def _number(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def first_run_line(context: Context, choice: Choice) -> str | None:
    """Once, below the first answer of all: what was chosen without being asked, and how to
    change that. None if the user has chosen, or has seen it.
    """
    if not choice.unasked or os.path.exists(context.settings.config_file):
        return None
    if len(context.store.list_sessions(limit=2)) > 1:
        return None
    row = PROVIDERS[choice.provider]
    in_environment = context.environ.get(row.api_key_env, "").strip() if row.api_key_env else ""
    source = row.api_key_env if in_environment else f"provider {choice.provider}"
    change = Advice("Change:  ", CHOOSE_MODEL)
    return context.line(f"using {source}, model {choice.model}.", change)
