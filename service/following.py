"""Which model and collection answer: a pair that follows the alias, so that no search fails when it changes.

When the alias names another model's collection, the old pair goes on answering from its own collection, which
is kept, until the new model is loaded in the background. Then both change in one assignment.
"""

import logging
import threading
import time
from collections.abc import Callable

from catalog.encoder import Encoder, warm
from catalog.errors import CatalogError
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.version import Version
from catalog.versions import ALIAS_TRUSTED_S
from service.searcher import Searcher

# A model that cannot be loaded is told of and tried again so often.
RETRY_S = 60.0

OpenSearcher = Callable[[Encoder, ItemIndex, str], Searcher]

_log = logging.getLogger(__name__)


class Follower:
    """Threads may share it. `open_searcher`: given an encoder, an index, and the cutoffs of the model."""

    def __init__(
        self, encoder: Encoder, index: ItemIndex, encoders: KnownEncoders, open_searcher: OpenSearcher
    ) -> None:
        self._encoders = encoders
        self._open = open_searcher
        self._lock = threading.Lock()
        self._loading: threading.Thread | None = None
        self._retry_at = 0.0
        self._met: Version | None = None
        self._is_there_until = 0.0
        self._index = index
        self._serving = open_searcher(encoder, index, encoders.own_cutoffs)

    def current(self) -> Searcher:
        """The pair for one request, from its beginning to its end. Raises what looking up the alias does."""
        serving, live = self._serving, self._index.versions.roles().live
        if live is not None and live != serving.index.version_pinned:
            serving = self._follow(live, serving)
        elif live is None and serving.index.version_pinned is not None:
            serving = self._unbound()  # which says what is wrong
        return serving

    def last(self) -> Searcher:
        """The pair that was current last; the store is not asked."""
        return self._serving

    def _follow(self, live: str, serving: Searcher) -> Searcher:
        version = self._version(live)
        if version is None:  # dropped since the look-up
            return serving
        if version.fingerprint == serving.encoder.fingerprint:
            return self._serve(serving.encoder, version)
        self._load_aside(version)
        return self._serving if self._is_there(serving) else self._unbound()

    def _version(self, name: str) -> Version | None:
        met = self._met
        if met is None or met.name != name:
            self._met = met = self._index.versions.find(name)
        return met

    def _is_there(self, serving: Searcher) -> bool:
        """Whether the collection of the old pair has not been dropped."""
        name, now = serving.index.version_pinned, time.monotonic()
        if name is None or now < self._is_there_until:
            return True
        is_there = self._index.versions.find(name) is not None
        self._is_there_until = now + ALIAS_TRUSTED_S if is_there else 0.0
        return is_there

    def _load_aside(self, version: Version) -> None:
        with self._lock:
            is_busy = self._loading is not None and self._loading.is_alive()
            is_done = self._serving.index.version_pinned == version.name
            if not is_busy and not is_done and time.monotonic() >= self._retry_at:
                self._retry_at = time.monotonic() + RETRY_S  # whatever ends it
                self._loading = threading.Thread(target=self._load, args=(version,), name="load-model")
                self._loading.start()

    def _load(self, version: Version) -> None:
        started, before = time.perf_counter(), self._serving.encoder.name
        try:
            encoder = self._encoders.of(version)
            warm(encoder)
        except (CatalogError, OSError) as error:
            _log.error("the model %s of %s cannot be loaded, searches stay with the model %s: %s",
                       version.model, version.name, before, error)  # fmt: skip
            return
        self._serve(encoder, version)
        self._encoders.keep_only(encoder)
        self._retry_at = 0.0
        seconds = time.perf_counter() - started
        _log.info("now answering from %s: model=%s before=%s seconds=%.2f",
                  version.name, version.model, before, seconds)  # fmt: skip

    def _serve(self, encoder: Encoder, version: Version) -> Searcher:
        self._index = self._index.at(None, encoder)
        index = self._index.at(version.name)
        return self._take_up(self._open(encoder, index, self._encoders.cutoffs_of(version)))

    def _unbound(self) -> Searcher:
        """Let each call look up what the alias names; it says what is wrong if that is not of this model."""
        return self._take_up(self._open(self._index.encoder, self._index, self._encoders.own_cutoffs))

    def _take_up(self, searcher: Searcher) -> Searcher:
        if searcher.encoder is self._serving.encoder:
            searcher.texts_before = self._serving.texts_before
        self._serving = searcher
        return searcher
