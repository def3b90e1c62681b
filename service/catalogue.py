"""What the whole catalogue holds: counts by field, and figures of the index."""

from flask import Blueprint, Response, g, request

from catalog.points import UPDATED_AT
from service.answers import FacetsAnswer, StatsAnswer
from service.caching import conditional
from service.facets import facets_of_all
from service.operations import FILTERING, READING, operation
from service.parameters import FacetParameters
from service.pushing import write_stats
from service.searcher import current_searcher

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/v1/facets")
@operation("search", FacetsAnswer, parameters=FacetParameters, conditional=True, raises=FILTERING)
def facets() -> Response:
    """Counts of items by field, without a search."""
    parameters = FacetParameters.from_address(request.args)
    index, conditions = current_searcher().index, parameters.to_filter().to_catalog()
    return conditional(
        FacetsAnswer(
            total=index.count(conditions),
            facets=facets_of_all(index, parameters.fields, conditions),
            index_version=index.version(),
            request_id=g.request_id,
        )
    )


@blueprint.get("/v1/stats")
@operation("search", StatsAnswer, conditional=True, raises=READING)
def stats() -> Response:
    """How much there is, and how new the newest of it."""
    searcher = current_searcher()
    index = searcher.index
    newest = index.browse({}, 1)
    return conditional(
        StatsAnswer(
            items=index.count({}),
            pictures=index.count_pictures(),
            attributes=index.attributes(),
            updated_at=newest[0][UPDATED_AT] if newest else None,
            writes=write_stats(),
            model=searcher.encoder.name,
            index_version=index.version(),
            request_id=g.request_id,
        )
    )
