"""Which similarity model the operator named, if any: settings of their own, read by the service and by the command."""

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_settings import SettingsConfigDict

from trueshelf_runtime.onnx_settings import OnnxSettings

if TYPE_CHECKING:
    from trueshelf_imaging.network import Embedding, NetworkCard


class SimilaritySettings(OnnxSettings):
    """TRUESHELF_QA_SIMILARITY_…: one vector out, near for pictures of the same thing."""

    model_config = SettingsConfigDict(env_prefix="TRUESHELF_QA_SIMILARITY_")


def card() -> dict[str, Any] | None:
    """Return the model that the settings name, as a child's request has it. Raises NetworkError for a wrong file."""
    settings = SimilaritySettings()
    if settings.path is None:
        return None
    from trueshelf_imaging.network import NetworkCard  # noqa: PLC0415 - the command's help needs no pixels

    named = NetworkCard(settings.path, settings.sha256, settings.side, settings.mean, settings.std)
    named.data()  # a wrong file is said at the start, not pair by pair
    return named.as_json()


def model_of(told: dict[str, Any] | None) -> "Embedding | None":
    """Return the model of a request, loaded once in this process. Raises NetworkError."""
    if told is None:
        return None
    from trueshelf_imaging.network import NetworkCard  # noqa: PLC0415

    return loaded(NetworkCard.of(told))


@cache
def loaded(named: "NetworkCard") -> "Embedding":
    from trueshelf_imaging.network import Embedding  # noqa: PLC0415

    return Embedding(named)
