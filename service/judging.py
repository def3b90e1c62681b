"""Whether what was found is what the query meant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.confidence import Cutoffs, any_confident, confident, evidence
from catalog.points import Payload, keywords_of
from catalog.wanted import Ranked
from service.errors import ConfidenceUnknown

Found = Sequence[tuple[Ranked, Payload]]


class Judge:
    """Judges hits by the cutoffs measured for one model, None for a model that was not measured."""

    def __init__(self, model: str, cutoffs: Cutoffs | None) -> None:
        self._model = model
        self._cutoffs = cutoffs

    def require(self) -> None:
        """Raise ConfidenceUnknown if nothing can be told."""
        if self._cutoffs is None:
            raise ConfidenceUnknown(
                f"What is confident was not measured for the model {self._model!r}: leave confident_only "
                "out, or set CONFIDENCE_CUTOFFS to what `python -m bench.confidence` prints."
            )

    def any(self, found: Found, typed: str | None) -> bool | None:
        """Whether any hit is confident; None, and arguments, as of `mask`."""
        asked = self._asked(found, typed)
        return None if asked is None else any_confident(*asked)

    def mask(self, found: Found, typed: str | None) -> NDArray[np.bool_] | None:
        """Which hits are confident, `(n,)`; None where that cannot be told, as without cosines.

        `found`: from the best hit on. `typed`: the words of a query of texts alone, None for any other.
        """
        asked = self._asked(found, typed)
        return None if asked is None else confident(evidence(*asked), typed, asked[-1])

    def _asked(
        self, found: Found, typed: str | None
    ) -> tuple[list[float], list[str], str | None, Cutoffs] | None:
        cosines = [entry.cosine for entry, _ in found if entry.cosine is not None]
        if self._cutoffs is None or len(cosines) < len(found):
            return None
        # Without what is typed the products' words do not count.
        keywords = [keywords_of(payload) if typed is not None else "" for _, payload in found]
        return cosines, keywords, typed, self._cutoffs
