"""Which way of showing an answer is right.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.showing.answers import Text
from synapse.terminal.style import moves_cursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from synapse.cli.context import Context
    from synapse.cli.showing.answers import Presenter
    from synapse.domain import Session
    from synapse.terminal.screen import Screen

    Mode = Literal["live", "blocks", "raw"]


def presenter(
    format: str,
    render: str | None,
    thinking: bool,
    context: Context,
    session: Session | None,
    label: str,
    screen: Screen,
) -> Presenter:
    """The one for `--format`, `--render` and `--show-thinking`; `label` says whom the user waits
    for, `session` is None if nothing is saved.
    """
    if format in ("json", "jsonl"):
        from synapse.cli.showing.json_answers import Json, JsonLines

        return (Json if format == "json" else JsonLines)(context, session, label)
    if format.endswith("code"):
        from synapse.cli.showing.extract import Extract

        return Extract(context, session, label, format)
    mode = "raw" if format == "md" else mode_for(context, render)
    if mode == "raw":
        return Text(context, session, label, thinking=thinking)
    if mode == "blocks":
        from synapse.cli.showing.block_by_block import Blocks

        return Blocks(context, session, label, thinking=thinking)
    from synapse.cli.showing.live import Live

    return Live(context, session, label, screen, thinking=thinking)


def mode_for(context: Context, flag: str | None) -> Mode:
    """How an answer is shown: as `--render` says, else `ui.render`; "auto" is live where the
    cursor can be moved. A pipe gets the model's bytes unless `--render blocks` asks otherwise.
    """
    if not context.stdout.is_terminal:
        return "blocks" if flag in ("blocks", "live") else "raw"
    ui = context.settings.ui
    wanted = flag or ui.render
    if wanted == "raw":
        return "raw"
    if wanted == "blocks":
        return "blocks"
    return "live" if can_move_cursor(context) and not ui.accessible else "blocks"


def can_move_cursor(context: Context) -> bool:
    """Whether the terminal says that it is more than a printer."""
    return moves_cursor(context.environ.get("TERM"))
