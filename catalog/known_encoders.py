"""The models that collections were built by: each found on this machine, opened once, told by fingerprint."""

import logging
import threading
from collections.abc import Iterator

from catalog.encoder import Encoder, open_encoder
from catalog.errors import EncoderUnavailable, ModelMismatch, SettingInvalid
from catalog.model_files import find_model_folder, fingerprint_of
from catalog.settings import BUNDLED_MODEL, Settings
from catalog.version import Version

_log = logging.getLogger(__name__)


class KnownEncoders:
    """Threads may share it. `own`: the encoder that CLIP_MODEL names, if it is open already."""

    def __init__(self, settings: Settings, own: Encoder | None = None) -> None:
        self._settings = settings
        self._own = own
        self._own_fingerprint = own.fingerprint if own else None
        self._opened: dict[str, Encoder] = {own.fingerprint: own} if own else {}
        self._opening = threading.Lock()

    def own(self) -> Encoder:
        """The one that CLIP_MODEL names. Raises as `open_encoder`."""
        with self._opening:
            if self._own is None:
                self._own = open_encoder(self._settings)
                self._own_fingerprint = self._own.fingerprint
                self._opened[self._own.fingerprint] = self._own
            return self._own

    def of(self, version: Version) -> Encoder:
        """The one that has built the collection. Raises ModelMismatch if its model is not found here."""
        with self._opening:
            encoder = self._opened.get(version.fingerprint) or self._open(version)
            self._opened[version.fingerprint] = encoder
            return encoder

    def is_own(self, version: Version) -> bool:
        """Whether the collection was built by the model that CLIP_MODEL names."""
        if self._own_fingerprint is None:  # once: a large model takes seconds to read
            self._own_fingerprint = _fingerprint_at(self._settings.clip_model)
        return version.fingerprint == self._own_fingerprint

    def is_here(self, fingerprint: str, loaded_from: str) -> bool:
        """Whether the model of that fingerprint is found on this machine."""
        return any(_fingerprint_at(place) == fingerprint for place in self._places(loaded_from))

    def keep_only(self, encoder: Encoder) -> None:
        """Forget all others, so that their memory is free once nobody uses them any more."""
        with self._opening:
            self._opened = {encoder.fingerprint: encoder}
            self._own = encoder if encoder is self._own else None

    @property
    def own_cutoffs(self) -> str:
        """What the setting CONFIDENCE_CUTOFFS says."""
        return self._settings.confidence_cutoffs

    def cutoffs_of(self, version: Version) -> str:
        """CONFIDENCE_CUTOFFS of its model: what the setting says holds for the model of CLIP_MODEL alone."""
        measured = self.own_cutoffs
        if not measured:
            return version.cutoffs
        return measured if self.is_own(version) else version.cutoffs

    def _open(self, version: Version) -> Encoder:
        for clip_model in self._places(version.loaded_from):
            if _fingerprint_at(clip_model) == version.fingerprint:
                return open_encoder(self._settings.model_copy(update={"clip_model": clip_model}))
        where = f"loaded from {version.loaded_from}" if version.loaded_from else "recorded nowhere"
        raise ModelMismatch(
            f"The collection {version.name} was built by the model {version.model!r}"
            f" ({version.fingerprint[:12]}, {where}), which is not found here; CLIP_MODEL"
            f" is {self._settings.clip_model}. Bring it to the same place here, or set CLIP_MODEL to it."
        )

    def _places(self, loaded_from: str) -> Iterator[str]:
        # What is local comes first: the name of a model may mean a download.
        yield self._settings.clip_model
        yield str(BUNDLED_MODEL)
        if loaded_from:
            yield loaded_from


def _fingerprint_at(clip_model: str) -> str:
    """Of the model found there; empty if there is none."""
    try:
        return fingerprint_of(find_model_folder(clip_model))
    except (SettingInvalid, EncoderUnavailable, OSError) as error:
        _log.debug("%s: %s", clip_model, error)
        return ""


def warn_of_another_model(settings: Settings, version: Version) -> None:
    """Say that CLIP_MODEL names another model than the one that the live collection was built by."""
    _log.warning(
        "CLIP_MODEL is %s, but the live collection %s was built by the model %s: going on with that one;"
        " set CLIP_MODEL=%s, or change the model by `python -m ingest reindex --model MODEL`",
        settings.clip_model, version.name, version.model, version.loaded_from or "…",
    )  # fmt: skip
