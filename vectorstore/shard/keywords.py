"""Texts become BM25 sparse vectors, computed by the engine as a Qdrant server does."""

from functools import lru_cache

import qdrant_edge as edge
from pydantic import ValidationError
from qdrant_client.http import models

from vectorstore.errors import BadRequest, NotAnswered
from vectorstore.shard.engine import engine

MODEL = "qdrant/bm25"


def embed_document(document: models.Document) -> edge.SparseVector:
    """The sparse vector to store: term frequencies, damped. Empty for a text without words."""
    return _model_for(document).embed_document(document.text)


def embed_query(document: models.Document) -> edge.SparseVector:
    """The sparse vector to search with: one per word."""
    return _model_for(document).embed_query(document.text)


def _model_for(document: models.Document) -> edge.Bm25:
    if document.model.lower() != MODEL:
        raise NotAnswered(
            f"The model `{document.model}` does not run here: send `{MODEL}`, or the vector itself"
        )
    if not document.options:
        return _bm25(None)
    options = document.options
    if not isinstance(options, models.Bm25Config):
        try:
            options = models.Bm25Config.model_validate(options)
        except ValidationError as error:
            raise BadRequest(f"Wrong input: these are no options of BM25: {document.options}") from error
    return _bm25(options.model_dump_json(exclude_none=True))


@lru_cache(maxsize=64)
def _bm25(options_json: str | None) -> edge.Bm25:
    if options_json is None:
        return edge.Bm25()
    options = models.Bm25Config.model_validate_json(options_json)
    if options.stopwords is not None or options.stemmer is not None:
        raise NotAnswered("BM25 options `stopwords` and `stemmer` are not answered here: set `language`")
    given = options.model_dump(exclude_none=True)
    if options.tokenizer is not None:
        given["tokenizer"] = getattr(edge.TokenizerType, options.tokenizer.value.capitalize())
    return engine(edge.Bm25, engine(edge.Bm25Config, **given))


def require_text(document: object) -> models.Document:
    """The document itself. Raises BadRequest for pictures and other inference objects."""
    if isinstance(document, models.Document):
        return document
    raise BadRequest("Wrong input: only texts are embedded here: send the vector of anything else")
