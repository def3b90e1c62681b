"""Whether what was found is what the query meant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.confidence import Cutoffs, any_confident, confident, evidence
from service.errors import ConfidenceUnknown
from service.plan import Shown


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

    def any(self, found: Sequence[Shown], typed: str | None) -> bool | None:
        """Whether any hit is confident; None, and arguments, as of `mask`."""
        asked = self._asked(found, typed)
        return None if asked is None else any_confident(*asked)

    def mask(self, found: Sequence[Shown], typed: str | None) -> NDArray[np.bool_] | None:
        """Which hits are confident, `(n,)`; None where that cannot be told, as without cosines.

        `found`: from the best hit on. `typed`: the words of a query of texts alone, None for any other.
        """
        asked = self._asked(found, typed)
        return None if asked is None else confident(evidence(*asked), typed, asked[-1])

    def _asked(
        self, found: Sequence[Shown], typed: str | None
    ) -> tuple[list[float], list[str], str | None, Cutoffs] | None:
        ranked = [shown.ranked for shown in found if shown.ranked is not None]
        cosines = [entry.cosine for entry in ranked if entry.cosine is not None]
        if self._cutoffs is None or len(cosines) < len(found):
            return None
        # Without what is typed the products' words do not count.
        keywords = [shown.keywords if typed is not None else "" for shown in found]
        return cosines, keywords, typed, self._cutoffs
