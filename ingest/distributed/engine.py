"""`--engine ray`: a run whose shards are read on the machine that starts it, and ingested by Ray's workers.

One task reads the feeds with the readers of every run and hands them on in shards, as fast as the workers
take them. Each worker prepares, embeds and writes a shard with the steps of every run (ingest/pipeline.py).
What became of it comes back here, where the run is counted, its rejects are written and its lock is held.
Shards and outcomes are pickled by this run for this run, within its own cluster.
"""

import pickle
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.distributed.cluster import READER_CPUS, Share, import_ray, share_of, started
from ingest.distributed.shards import Outcome, Shard, shards_of
from ingest.distributed.worker import ShardWorker
from ingest.feeds.rows import FeedUnreadable
from ingest.fetch.locations import is_address
from ingest.report import Report
from ingest.run import IngestAll, Run, RunOptions

# A worker that is killed is started again so often, and its shard is begun anew.
_RESTARTS = 3


class RunBroken(CatalogError):
    """The run ended early; what is written stays written."""

    code = "run_broken"


def ray_engine(locations: Sequence[str], settings: Settings, options: RunOptions) -> IngestAll:
    """Raises EngineUnavailable without Ray, and FeedUnreadable for what its workers cannot read."""
    ray = import_ray()
    if "-" in locations:
        raise FeedUnreadable("-: standard input cannot be read with --engine ray: save it to a file first.")
    return partial(_ingest_all, ray, _absolute(locations), settings, options)


def _ingest_all(
    ray: Any, locations: Sequence[str], settings: Settings, options: RunOptions, run: Run
) -> list[Report]:
    reports = [Report(location) for location in locations]
    settings = _anywhere(settings)
    with started(ray, settings):
        share = share_of(ray, options.workers)
        own_threads = {"encoder_threads": settings.encoder_threads or share.threads}
        settings = settings.model_copy(update=own_threads)
        read = partial(shards_of, locations, settings, options, run.finished.digests())
        try:
            for outcome in _outcomes(ray, read, share, settings, run.began):
                if outcome.error is not None:
                    raise RunBroken(outcome.error)
                _take(outcome, reports[outcome.feed], run)
        except ray.exceptions.RayError as error:
            raise RunBroken("Ray ended the run: a worker failed again and again; see Ray's logs.") from error
    return reports


def _take(outcome: Outcome, report: Report, run: Run) -> None:
    """Count a shard that is written, and what the end of the run goes by."""
    report.feed = outcome.report.feed
    report.merge(outcome.report)
    for item_id in outcome.ids:
        run.seen.add(item_id)
    for problem in outcome.problems:
        run.seen.add_failed(problem)
        report.add_problem(problem)
    report.shared_pictures += run.seen.add_pictures(outcome.pictures)
    run.on_problems(outcome.problems)
    if not outcome.problems:  # else it is begun anew: what failed may have been mended
        run.finished.add({outcome.digest.hex(): outcome.digest})
    run.on_progress(report)


def _outcomes(ray: Any, read: Any, share: Share, settings: Settings, began: datetime) -> Iterator[Outcome]:
    """Of the shards, in the order in which they are done."""

    class Worker:
        def __init__(self) -> None:
            self._worker = ShardWorker(settings, began)

        def __call__(self, block: Any) -> Any:
            (content,) = block["content"].to_pylist()
            shard: Shard | Outcome = pickle.loads(content)  # noqa: S301 - see above
            done = shard if isinstance(shard, Outcome) else self._worker.ingest(shard)
            return _block(done)

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = 1  # a block for each shard, which is what a worker takes at once
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}  # where the feeds lie
    shards = ray.data.read_datasource(
        _source(ray, read), num_cpus=READER_CPUS, concurrency=1, override_num_blocks=1, label_selector=here
    )
    with warnings.catch_warnings():  # Ray 2.64 will name the bounds on restarts otherwise
        warnings.simplefilter("ignore")
        done = shards.map_batches(
            Worker,
            batch_size=1,
            batch_format="pyarrow",
            # No shard waits behind one that takes long while another worker has nothing to do.
            compute=ray.data.ActorPoolStrategy(size=share.workers, max_tasks_in_flight_per_actor=1),
            num_cpus=share.cpus,
            num_gpus=share.gpus or None,
            max_restarts=_RESTARTS,
            max_task_retries=_RESTARTS,
        )
    # Each is noted as soon as it is done, rather than when the next one is.
    for block in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for content in block["content"].to_pylist():
            yield pickle.loads(content)  # noqa: S301 - see above


def _source(ray: Any, read: Any) -> Any:
    """The shards as Ray Data reads them: by one task, which yields them as they are asked for."""
    unknown = {"num_rows": None, "size_bytes": None, "input_files": None, "exec_stats": None}

    class Feeds(ray.data.Datasource):  # type: ignore[misc]
        def estimate_inmemory_data_size(self) -> None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
            metadata = ray.data.block.BlockMetadata(**unknown)
            return [ray.data.ReadTask(lambda: map(_block, read()), metadata)]

    return Feeds()


def _block(content: Shard | Outcome) -> Any:
    import pyarrow  # which Ray brings

    return pyarrow.table({"content": [pickle.dumps(content)]})


def _absolute(locations: Sequence[str]) -> list[str]:
    return [one if is_address(one) else str(Path(one).expanduser().resolve()) for one in locations]


def _anywhere(settings: Settings) -> Settings:
    """The settings for a program that was started in another folder."""
    folders = ("state_dir", "thumbnail_dir", "encoder_cache_dir")
    absolute: dict[str, object] = {name: getattr(settings, name).resolve() for name in folders}
    if Path(settings.clip_model).is_dir():
        absolute["clip_model"] = str(Path(settings.clip_model).resolve())
    return settings.model_copy(update=absolute)
