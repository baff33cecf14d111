"""What a command works with: streams, settings, the store, providers. Each is opened at its first
use.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.console import Console
from synapse.errors import SynapseError
from synapse.paths import state_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Mapping

    from synapse.cli.starting import UpgradeProgress
    from synapse.ports import (
        FileCare,
        Inspection,
        LlmProvider,
        ProviderOptions,
        SessionStore,
        Sharing,
        Upgrading,
    )
    from synapse.terminal.streams import Streams


class Context(Console):
    """One run of the program: its console, and what it has opened."""

    def __init__(self, streams: Streams, environ: Mapping[str, str]) -> None:
        super().__init__(streams, environ)
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
    def store(self) -> SessionStore:
        """The conversations. Raises ConfigError, StorageError."""
        if self._store is None:
            self._store = self.open_other(self.settings.database_url)
            from synapse.cli.starting import bring_in_spilled_answers

            bring_in_spilled_answers(self._store, self)
        return self._store

    def open_other(self, url: str) -> SessionStore:
        """The store behind a URL, made or brought up to date where that is needed. The caller
        closes it. Raises ConfigError, StorageError.
        """
        from synapse.stores import open_store

        if not url.startswith("sqlite:"):
            from synapse.cli.starting import warn_of_exposed_secrets  # not for a file

            warn_of_exposed_secrets(url, self)
        shown: list[UpgradeProgress] = []

        def show(upgrading: Upgrading) -> None:
            if not shown:
                from synapse.cli.starting import UpgradeProgress

                shown.append(UpgradeProgress(self))
            shown[0](upgrading)

        store: SessionStore | None = None
        try:
            store = open_store(url, busy_timeout=self.settings.busy_timeout, on_upgrade=show)
        finally:
            for upgrade in shown:
                upgrade.end(well=store is not None)
        return store

    def set_up_store(self, *, distributed: bool = False) -> None:
        """Create the tables of the database in use, or bring them up to date, where opening it does
        not; with `distributed`, divided between machines. Raises ConfigError, StorageError,
        UsageError if the engine can't do that.
        """
        from synapse.stores import set_up

        set_up(self.settings.database_url, distributed=distributed)

    def open_to_read(self) -> SessionStore:
        """The conversations for whoever only reads: nothing is created, brought up to date or
        cleaned up, and nothing can be changed. The caller closes it. Raises ConfigError,
        StorageError, DatabaseMissing if there are none.
        """
        from synapse.stores import open_store

        settings = self.settings
        return open_store(settings.database_url, busy_timeout=settings.busy_timeout, read_only=True)

    def use_memory_store(self) -> None:
        """Have a store from now on that forgets everything at the end."""
        from synapse.stores import open_store

        self.close()
        self._store = open_store("sqlite::memory:")

    @property
    def spill_folder(self) -> str:
        """Where answers are kept that the store could not take."""
        return state_dir(self.environ)

    @property
    def inspection(self) -> Inspection:
        """What looks into the database in use; opens nothing yet. Raises ConfigError,
        UsageError.
        """
        from synapse.stores import open_inspection

        return open_inspection(self.settings.database_url)

    @property
    def sharing(self) -> Sharing:
        """Who may use the database in use, and what they have shared; opens nothing yet. Raises
        ConfigError, UsageError if it knows no people.
        """
        from synapse.stores import open_sharing

        return open_sharing(self.settings.database_url)

    def is_shared_with(self, program: str) -> bool:
        """Whether that program has ever used the database; False if that can't be told."""
        try:
            return program in self.inspection.other_programs()
        except SynapseError:
            return False

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

    def clean_up(self, spare: Collection[str] = ()) -> None:
        """Put sessions that the configuration no longer keeps into the trash, and say so; once
        a run, however many turns it has.

        Never fails: what could not be done now is done at the next start.
        """
        if not self._cleaned_up and self.settings.auto_cleanup:
            from synapse.cli.starting import clean_up

            self._cleaned_up = True
            clean_up(self, spare)

    def close(self) -> None:
        """Close what was opened."""
        store, self._store = self._store, None
        if store is not None:
            if store.has_replaced_text:
                from synapse.advice import Advice

                self.warn(
                    f"some texts in {store.location} are no UTF-8; \ufffd stands for what can't be"
                    " read.",
                    Advice("Mend them, their bytes are kept:  ", "db check", repair=True),
                )
            store.close()
