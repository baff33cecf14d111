"""The weights of the local model: what they are, where they are kept, whether they are intact.

Light to import: the choice of the default provider asks `local_ready` at every start.
"""

from __future__ import annotations

import os

from synapse import paths
from synapse.advice import Advice
from synapse.errors import ConfigError, UnknownModel
from synapse.installing import install_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MODEL = "smollm2-135m-instruct"
"""SmolLM2-135M-Instruct, quantised to 4 bits (Q4_1); Apache-2.0."""
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

ENGINE = "xllamacpp"
"""The library that runs models, by its name for pip and for `import`."""


def pull(before: str = "Get them:  ") -> Advice:
    """To fetch the weights."""
    return Advice(before, "models pull", "local")


def folder(environ: Mapping[str, str]) -> str:
    """Where weights are kept; any other GGUF file put there is found by its name."""
    return os.path.join(paths.cache_dir(environ), "models")


def path(environ: Mapping[str, str]) -> str:
    """Where the weights of MODEL are, once they have been fetched."""
    return os.path.join(folder(environ), FILE_NAME)


def local_ready(environ: Mapping[str, str]) -> bool:
    """Whether `local` could answer: the engine is installed and the weights are there, whole.

    Looks, but loads nothing.
    """
    try:
        if os.path.getsize(path(environ)) != SIZE:
            return False
    except OSError:
        return False
    return engine_installed()


def engine_installed() -> bool:
    """Whether the library that runs models is installed; it is not imported."""
    from importlib.machinery import PathFinder  # heavy

    return PathFinder.find_spec(ENGINE) is not None


def engine_missing() -> ConfigError:
    """What to raise where the library is not there."""
    return ConfigError(
        f"the local model needs the library {ENGINE}, which is not installed", install_hint(ENGINE)
    )


def check(file: str, wanted: Callable[[], bool] = lambda: True) -> None:
    """Compare the weights of MODEL with their known size and hash: 0.2 s.

    Stops early, without an opinion, when `wanted()` becomes false. Raises UnknownModel.
    """
    import hashlib  # heavy

    try:
        size = os.path.getsize(file)
        if size != SIZE:
            raise UnknownModel(
                f"the weights of {MODEL} are damaged: {file} has {size:,} of {SIZE:,} bytes",
                pull("Get them again:  "),
            )
        digest = hashlib.sha256()
        with open(file, "rb") as stream:
            while wanted():
                block = stream.read(1 << 20)
                if not block:
                    break
                digest.update(block)
            else:
                return
    except FileNotFoundError:
        raise UnknownModel(f"the weights of {MODEL} are not on this machine yet", pull()) from None
    except OSError as error:
        raise UnknownModel(
            f"can't read the weights of {MODEL}: {file}: {error.strerror}", pull()
        ) from error
    if digest.hexdigest() != SHA256:
        raise UnknownModel(
            f"the weights of {MODEL} are damaged: {file} has another hash than it should",
            pull("Get them again:  "),
        )
