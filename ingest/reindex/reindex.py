"""A change of the model, as a sentence: announce, bring over, verify, switch, and bring over what came late.

What is being built is known to every process by an alias in the store. So an interrupted reindex is begun
again from anywhere, and a roll-back is one whose copy is full already.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from catalog.encoder import Encoder, open_encoder, warm
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.model_files import portable
from catalog.runs import Reindexing
from catalog.settings import Settings
from catalog.under_way import telling
from catalog.version import Version
from catalog.versions import ALIAS_TRUSTED_S, Versions
from ingest.connect import connected
from ingest.reindex.copying import Copying
from ingest.reindex.errors import ReindexRefused
from ingest.reindex.kept import drop_overdue, duration_text
from ingest.reindex.pictures import finding
from ingest.reindex.tally import Tally
from ingest.reindex.verify import verified
from ingest.targets import Target
from ingest.turns import StillHeld, only_reindex

# Passes after which what still differs is no work left over, but something that nobody foresaw.
_PASSES = 20
_OPTIMISED_WITHIN_S = 600.0
# After every writer has seen the switch: what it had begun before that ends meanwhile.
_LAST_WRITES_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReindexOptions:
    """`feeds`: in whose folders pictures are looked for. `again`: though the live model is the same.

    `cutoffs`: CONFIDENCE_CUTOFFS of the new model, kept with its collection.
    """

    feeds: tuple[str, ...] = ()
    keep: timedelta = timedelta(days=7)
    lose_at_most: int = 0
    again: bool = False
    cutoffs: str = ""


def reindex(settings: Settings, model: str, options: ReindexOptions) -> list[str]:
    """Build the index anew with that CLIP_MODEL, and switch to it; a report for a person.

    Raises ReindexRefused, and the errors of ItemIndex and Encoder: then the live collection is as it was,
    and a new call goes on from there.
    """
    with only_reindex(settings) as still_held, connected(settings) as (index, _):
        live = _live(index.versions)
        encoder = open_encoder(settings.model_copy(update={"clip_model": model}))
        if live.fingerprint == encoder.fingerprint and not options.again:
            return [f"{live.name} was built by the model {encoder.name} already; --again builds it anew."]
        warm(encoder)
        drop_overdue(index.versions)
        copy = _begun(index.versions, live, encoder, model, options)
        lines = _carried_through(settings, index, copy, encoder, options, still_held)
        return [*lines, f"set CLIP_MODEL={portable(model)} wherever it is set; until then it is followed."]


def roll_back(settings: Settings, options: ReindexOptions) -> list[str]:
    """Switch back to the collection that was replaced last, once it has what was written since."""
    with only_reindex(settings) as still_held, connected(settings) as (index, _):
        live, versions = _live(index.versions), index.versions
        building = versions.building()
        kept = [version for version in versions.all() if version.state == "kept" and version.replaced_at]
        if building is not None and building.replaced_at is None:
            raise ReindexRefused(f"{building.name} is being built: finish that, or give it up with --drop.")
        if building is None and not kept:
            raise ReindexRefused(f"Nothing was kept that could take the place of {live.name}; see --status.")
        # An interrupted roll-back has announced it already.
        back = building or max(kept, key=lambda version: version.replaced_at or datetime.min)
        encoder = KnownEncoders(settings).of(back)
        versions.announce(back.name)
        copy = _known(versions.building())
        return _carried_through(settings, index, copy, encoder, options, still_held)


def _live(versions: Versions) -> Version:
    live = versions.live()
    if live is None:
        raise ReindexRefused("Nothing is indexed yet: set CLIP_MODEL and run `python -m ingest run FEED`.")
    return live


def _known(version: Version | None) -> Version:
    if version is None:
        raise ReindexRefused("What was announced is gone: somebody dropped it meanwhile.")
    return version


def _begun(
    versions: Versions, live: Version, encoder: Encoder, model: str, options: ReindexOptions
) -> Version:
    """The collection to fill, announced: one that was begun, one that was kept, or a new one."""
    building = versions.building()
    if building is not None and building.fingerprint != encoder.fingerprint:
        raise ReindexRefused(
            f"{building.name} is being built for the model {building.model!r}: finish that, or give it up"
            f" with --drop {building.name}."
        )
    for version in versions.all():
        if version.state == "unused":  # its reindex ended before it was announced
            versions.drop(version.name)
        elif version.state == "kept" and version.fingerprint == encoder.fingerprint and not options.again:
            building = building or version
    if building is None:
        name = versions.create(encoder, portable(model), like=live.name, cutoffs=options.cutoffs)
        versions.announce(name)
    else:
        _log.info("going on with %s, which has %d pictures already", building.name, building.pictures)
        versions.record(building.name, portable(model), options.cutoffs)
        versions.announce(building.name)
    return _known(versions.building())


def _carried_through(
    settings: Settings,
    index: ItemIndex,
    version: Version,
    encoder: Encoder,
    options: ReindexOptions,
    still_held: StillHeld,
) -> list[str]:
    """From the announcement to the switch and a little beyond; the report. Raises LockLost."""
    versions, tally, started = index.versions, Tally(), time.monotonic()
    original = Target(index.encoder, index.at(index.version()))
    copy = Target(encoder, index.at(version.name, encoder))
    copy.index.ensure()  # payload indexes that came since it was kept
    time.sleep(ALIAS_TRUSTED_S)  # from here on every writer knows of it
    now = Reindexing(collection=version.name, model=version.model, began=datetime.now(UTC))
    with (
        telling(settings, lambda: now),
        finding(settings, options.feeds, encoder.useful_side_px) as finder,
    ):
        copying = Copying(original, copy, finder, settings.ingest_batch_items, tally)
        optimised = partial(_wait_until_optimised, versions, version)
        compared = _brought_over(copying, tally, options.lose_at_most, optimised)
        table = verified(original.index, copy.index, tally)
        switched = datetime.now(UTC)
        still_held()  # else another reindex may be about to switch, or to drop this collection
        copying.bring_over_newer(compared)  # of a writer that has not the new model, and so wrote to one only
        versions.switch(version.name, options.keep)
        _log.info("switched %s from %s to %s", settings.index_alias, original.index.version(), version.name)
        # Writers that have not seen it yet write to both. What only the old one got for all that comes now.
        time.sleep(ALIAS_TRUSTED_S + _LAST_WRITES_S)
        copying.bring_over_newer(switched)
        versions.settled()
    before = version.pictures
    return [
        f"{original.index.version()} -> {version.name}: {time.monotonic() - started:.1f} s",
        f"  already there    {before:,} pictures",
        *tally.lines(),
        *table,
        f"{version.name} is live; {original.index.version()} is kept for {duration_text(options.keep)}, and"
        " --roll-back goes back to it",
    ]


def _brought_over(
    copying: Copying, tally: Tally, lose_at_most: int, after_the_first: Callable[[], None]
) -> datetime:
    """Pass after pass, until one finds nothing to mend but what is being written right now; when it began."""
    for number in range(_PASSES):
        tally.differing, began = 0, datetime.now(UTC)
        copying.bring_over()
        if len(tally.lost) > lose_at_most:
            raise ReindexRefused(
                f"{len(tally.lost):,} items would be lost, each named above, and --lose-at-most is"
                f" {lose_at_most:,}: the live collection stays. Mend them and run it again; it will go on."
            )
        copying.remove_extras()
        if number == 0:
            after_the_first()
        if not tally.differing:
            return began
    raise ReindexRefused(f"After {_PASSES} passes {tally.differing:,} pictures still differ: run it again.")


def _wait_until_optimised(versions: Versions, version: Version) -> None:
    """Before customers search it: many new points are found by looking at all of them until then."""
    until = time.monotonic() + _OPTIMISED_WITHIN_S
    while (found := versions.find(version.name)) is not None and not found.is_optimised:
        if time.monotonic() >= until:
            _log.warning("%s is not optimised yet: searches may be slow for a while", version.name)
            return
        time.sleep(0.5)
