"""What a command works with: streams, settings, the store, providers. Opened when first asked.

The one place that opens adapters, and the one that closes them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Collection, Mapping

    from synapse.cli.upgrading import UpgradeShown
    from synapse.config import Settings
    from synapse.ports import (
        FileCare,
        Inspection,
        LlmProvider,
        ProviderOptions,
        SessionStore,
        Upgrading,
    )
    from synapse.terminal.streams import Streams
    from synapse.terminal.style import Glyphs


class Context:
    """One run of the program."""

    def __init__(self, streams: Streams, environ: Mapping[str, str]) -> None:
        self.streams = streams
        self.stdout = streams.stdout
        self.stderr = streams.stderr
        self.environ = environ
        self.quiet = False
        self.verbose = False
        self.debug = environ.get("SYNAPSE_DEBUG", "0") not in ("", "0")
        self.no_input = False
        self.no_pager = False
        self.config_path: str | None = None
        self.flags: dict[str, object] = {}
        """What the command line said of options that the configuration has, too."""
        self.command_name = ""
        self.words: list[str] = []
        """The command line."""
        self.as_json = False
        """Whether what comes of the command is wanted as one JSON object."""
        self.result: dict[str, object] = {}
        """What `record` was told: the facts of that object."""
        self.json_ended = False
        """Whether the document, or the last event, that JSON modes end in has been printed."""
        self._settings: Settings | None = None
        self._store: SessionStore | None = None
        self._cleaned_up = False

    def take_global_options(self, args: Namespace) -> None:
        """Remember what the options of every command say."""
        self.quiet = args.quiet
        self.verbose = args.verbose
        self.debug = self.debug or args.debug
        self.no_input = args.no_input
        self.no_pager = args.no_pager
        self.as_json = getattr(args, "json", False)
        self.config_path = args.config
        self.flags = {"session.database_url": args.db, "ui.color": args.color}
        if args.accessible:
            self.flags["ui.accessible"] = True

    @property
    def settings(self) -> Settings:
        """The configuration in force. Raises ConfigError."""
        if self._settings is None:
            from synapse.config import load

            self._settings = load(self.flags, self.environ, self.config_path)
        return self._settings

    @property
    def store(self) -> SessionStore:
        """The conversations. Raises ConfigError, StorageError."""
        if self._store is None:
            from synapse.stores import open_store

            settings = self.settings
            shown: list[UpgradeShown] = []

            def show(upgrading: Upgrading) -> None:
                if not shown:
                    from synapse.cli.upgrading import UpgradeShown

                    shown.append(UpgradeShown(self))
                shown[0](upgrading)

            url, timeout = settings.database_url, settings.busy_timeout
            try:
                self._store = open_store(url, busy_timeout=timeout, on_upgrade=show)
            finally:
                for upgrade in shown:
                    upgrade.end(well=self._store is not None)
            self._bring_in_spilled_answers(self._store)
        return self._store

    def keep_nothing(self) -> None:
        """Have a store from now on that forgets everything at the end."""
        from synapse.stores import open_store

        self.close()
        self._store = open_store("sqlite::memory:")

    def forget_settings(self) -> None:
        """Read the configuration anew at its next use: a flag was added."""
        self._settings = None

    @property
    def spill_folder(self) -> str:
        """Where answers are kept that the store could not take."""
        from synapse.paths import state_dir

        return state_dir(self.environ)

    def _bring_in_spilled_answers(self, store: SessionStore) -> None:
        from synapse.paths import temporary_dir

        # By name, then by the first bytes: the module that reads them costs more than this start.
        folders = (self.spill_folder, temporary_dir(self.environ))
        files = [path for folder in folders for path in _answers_in(folder)]
        if not files:
            return
        from synapse.app.spill_owner import may_be_of

        if not any(may_be_of(path, store.location) for path in files):
            return
        from synapse.app.spill import recover
        from synapse.cli.listing.output import count
        from synapse.errors import StorageError

        left: list[str] = []
        try:
            recovered = recover(
                store, self.spill_folder, lambda path, reason: left.append(f"{path}: {reason}")
            )
        except StorageError:  # it stays where it is until the next start
            return
        if recovered:
            self.say(f"Brought in {count(recovered, 'answer')} that could not be saved earlier.")
        if left:
            others = f" (and {len(left) - 1:,} more like it)" if left[1:] else ""
            self.warn(f"left where it is: {left[0]}{others}; move it away if you don't want it")

    @property
    def inspection(self) -> Inspection:
        """What looks into the database in use; opens nothing yet. Raises ConfigError,
        UsageError.
        """
        from synapse.stores import open_inspection

        return open_inspection(self.settings.database_url)

    @property
    def file_care(self) -> FileCare:
        """The care for the files of the database in use; opens nothing yet. Raises ConfigError,
        UsageError.
        """
        from synapse.stores import open_file_care

        return open_file_care(self.settings.database_url)

    def provider(self, name: str, changes: Mapping[str, object] | None = None) -> LlmProvider:
        """The provider of this name, as configured but for `changes`.

        Raises ConfigError, CredentialsError.
        """
        from synapse.config.providers import open_provider

        return open_provider(name, self.provider_options(name, changes), self.environ)

    def default_provider(self) -> str | None:
        """Who answers if nobody is named; None if nobody can."""
        from synapse.config.providers import default_provider

        return default_provider(self.settings.providers, self.environ)

    def provider_options(
        self, name: str, changes: Mapping[str, object] | None = None
    ) -> ProviderOptions:
        """What the user configured of a provider."""
        from synapse.ports import ProviderOptions

        options = self.settings.providers.get(name, ProviderOptions())
        return options.replace(**changes) if changes else options

    def can_ask(self) -> bool:
        """Whether a question to the user would be seen and could be answered."""
        return self.streams.stdin_is_terminal and self.stderr.is_terminal and not self.no_input

    def color_level(self, *, of_stderr: bool = False) -> int:
        """How much styling standard output, or standard error, gets: see `style`."""
        from synapse.terminal.style import color_level

        # A broken configuration must not keep its own error from being shown.
        configured = self._settings.ui.color if self._settings is not None else None
        flag = self.flags.get("ui.color")
        stream = self.stderr if of_stderr else self.stdout
        return color_level(
            flag if isinstance(flag, str) else None,
            configured,
            self.environ,
            isatty=stream.is_terminal,
        )

    def glyphs(self) -> Glyphs:
        """The marks to draw with on standard output."""
        from synapse.terminal.style import glyphs

        return glyphs(ascii_only=self.ascii_only)

    @property
    def ascii_only(self) -> bool:
        """Whether nothing but ASCII is to be drawn: as configured, for screen readers always,
        else by the locale.
        """
        ui = self.settings.ui
        if ui.accessible:
            return True
        if isinstance(ui.ascii, bool):
            return ui.ascii
        if self.environ.get("LC_ALL") in ("C", "POSIX"):  # for Python, that is UTF-8, too
            return True
        import sys

        return "utf" not in sys.getfilesystemencoding().lower()

    def record(self, **facts: object) -> None:
        """Tell what has come of the command, for `--json`: see `results`."""
        self.result.update(facts)

    def say(self, text: str) -> None:
        """Tell the user one thing beside the output: a line on standard error."""
        self.stderr.write(f"{self.fitted(self.drawable(text))}\n")

    def fitted(self, text: str) -> str:
        """What is told on standard error as it may stand there: harmless, and broken into lines
        that fit, if that is a terminal.
        """
        from synapse.terminal.safe import clean

        text = clean(text)
        if not self.stderr.is_terminal:
            return text
        from synapse.terminal.fold import fold

        return fold(text, self.stderr.width(self.environ))

    def drawable(self, text: str) -> str:
        """A line of ours as the terminal of standard error can draw it."""
        if text.isascii() or self._settings is None or not self.stderr.is_terminal:
            return text
        from synapse.terminal.style import in_ascii

        return in_ascii(text) if self.ascii_only else text

    def hint(self, text: str) -> None:
        """As `say`, unless the user wants quiet or nobody is there to read it."""
        if self.stderr.is_terminal and not self.quiet:
            self.say(text)

    def warn(self, text: str) -> None:
        """Tell of something that may be wrong, on standard error."""
        from synapse.cli.failing.report import warning_line

        warning_line(self, text)

    def clean_up(self, spare: Collection[str] = ()) -> None:
        """Put sessions that the configuration no longer keeps into the trash, and say so; once
        a run, however many turns it has.

        Never fails: what could not be done now is done at the next start.
        """
        if self._cleaned_up or not self.settings.auto_cleanup:
            return
        self._cleaned_up = True
        from synapse.app.sessions import clean_up

        swept = clean_up(self.store, self.settings.retention, spare)
        if swept:
            from synapse.cli.listing.trash import swept_line

            self.say(swept_line(swept, self.settings.retention))
        elif swept.jump is not None:
            from synapse.cli.listing.trash import jump_line

            if line := jump_line(swept.jump):
                self.say(line)

    def close(self) -> None:
        """Close what was opened."""
        store, self._store = self._store, None
        if store is not None:
            if store.has_replaced:
                self.warn(
                    f"some texts in {store.location} are no UTF-8; \ufffd stands for what can't be"
                    " read. Mend them, their bytes are kept:  synapse db check --repair"
                )
            store.close()


def _answers_in(folder: str) -> list[str]:
    import os

    try:
        return [f"{folder}/{name}" for name in os.listdir(folder) if name.startswith("answer-")]
    except OSError:
        return []


if TYPE_CHECKING:
    Run = Callable[[Namespace, Context], int]
