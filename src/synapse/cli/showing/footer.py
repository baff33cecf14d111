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
    from synapse.domain import Session, StoredMessage


def footer(
    context: Context,
    session: Session | None,
    answer: StoredMessage,
    names_session: bool,
) -> str:
    """`4c3834c9 · gpt-5-mini · 1,204 → 567 tokens · 3.2 s · continue: synapse -c "…"`; at the
    prompt of the REPL without the session, which is told there. Where that is too wide, without
    "continue:", and then in several lines.
    """
    parts = [] if context.at_prompt else [_session(session, names_session)]
    parts.append(answer.model or "?")
    sent, received = answer.usage.input_tokens, answer.usage.output_tokens
    if sent is not None or received is not None:
        parts.append(f"{_number(sent)} → {_number(received)} tokens")
    if answer.elapsed_ms is not None:
        parts.append(f"{answer.elapsed_ms / 1000:.1f} s")
    columns = context.stderr.width(context.environ)
    parts = [clean_line(part) for part in parts]
    if session is not None and not context.at_prompt:
        [go_on] = context.hint_lines([Advice("", ASK, "…", go_on=True)])
        labelled = [*parts, f"continue: {go_on}"]
        parts = labelled if width(" · ".join(labelled)) <= columns else [*parts, go_on]
    text = context.with_drawable_characters(fold_parts(parts, " · ", columns))
    return style.paint(style.style(context.color_level(of_stderr=True), style.DIM), text)


def _session(session: Session | None, names_it: bool) -> str:
    if session is None:
        return "not saved"
    name = f' "{session.name}"' if session.name and names_it else ""
    return session.handle + name


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
