"""All settings, read once from the environment and an optional `.env` file, then passed on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from catalog.api_keys import ApiKey, parse_api_keys
from catalog.errors import SettingInvalid
from catalog.logins import require_readable

BUNDLED_MODEL = Path(__file__).resolve().parent.parent / "models" / "compact"

_RATE_LIMIT = r"^(off|[1-9][0-9]*/(second|minute|hour|day))$"
# A name, *.name for all below it, or an IP address.
_HOST = r"^((\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[?[0-9A-Fa-f:]+(:[0-9.]+)?\]?)$"
_ORIGIN = r"^(\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-fA-F:]+\](:[0-9]+)?)$"


class Settings(BaseSettings):
    """One attribute a setting; its environment variable is the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,  # a value that is refused may be a key
    )

    clip_model: str = Field(str(BUNDLED_MODEL), description="A CLIP sentence-transformers model or folder.")
    encoder_runtime: Literal["auto", "torch", "onnx"] = Field(
        "auto", description="What runs the model: auto is CUDA where there is one, else ONNX Runtime."
    )
    encoder_cache_dir: Path = Field(Path("var/encoders"), description="Exports of models for ONNX Runtime.")
    encoder_threads: int = Field(
        0, ge=0, le=256, description="CPU threads that one process embeds with; 0 takes every core."
    )
    remembered_texts: int = Field(10_000, ge=1, description="Texts whose vectors a process remembers.")
    confidence_cutoffs: str = Field(
        "", description="What is confident with this model, as `python -m bench.confidence` prints it."
    )
    qdrant_url: str = Field(
        "http://127.0.0.1:6333",
        repr=False,
        pattern=r"^https?://[^/\s]+",
        description="The Qdrant server or vectorstore; http://user:password@host for basic authentication.",
    )
    qdrant_api_key: str | None = Field(None, repr=False, description="The key that the store asks for.")
    qdrant_timeout_s: int = Field(
        10, ge=1, le=300, description="Longest wait for the store: of a web request in all, else of a call."
    )
    qdrant_shards: int = Field(1, ge=1, le=1024, description="Shards of a new collection, on a cluster.")
    qdrant_replication_factor: int = Field(
        1, ge=1, le=64, description="Nodes that hold each shard of a new collection."
    )
    qdrant_write_consistency: int = Field(
        1, ge=1, le=64, description="Nodes that must hold a write before it is acknowledged."
    )
    index_alias: str = Field(
        "items", pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="The alias of the live collection."
    )
    expected_pictures: int = Field(
        0, ge=0, description="How many pictures a new collection is laid out for; 0: up to a million."
    )
    max_image_bytes: int = Field(20_000_000, ge=1_000, description="A larger picture file is refused.")
    max_image_pixels: int = Field(50_000_000, ge=10_000, description="A picture of more pixels is refused.")
    image_hosts: Annotated[tuple[Annotated[str, Field(pattern=_HOST)], ...], NoDecode] = Field(
        (),
        description="The only hosts that pictures are fetched from, such as *.cdn.shop.example; none: any.",
    )
    image_private_hosts: Annotated[tuple[Annotated[str, Field(pattern=_HOST)], ...], NoDecode] = Field(
        (), description="Hosts that pictures are fetched from though their addresses are private."
    )
    image_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode] = Field(
        (), description="Ports that pictures are fetched from beside 80 and 443."
    )
    image_timeout_s: float = Field(
        30.0, gt=0, le=600, description="Longest fetch of a picture, with its redirects and retries."
    )
    image_fetches: int = Field(16, ge=1, le=256, description="Pictures that are fetched at once.")
    image_fetches_per_host: int = Field(8, ge=1, le=256, description="Of these, from one host.")
    state_dir: Path = Field(
        Path("var"), description="Locks, pushed writes, and what servers said of pictures; one for an index."
    )
    thumbnail_dir: Path = Field(Path("var/thumbnails"), description="Thumbnails, by content; shared folder.")
    thumbnail_side_px: int = Field(480, ge=32, le=2048, description="Longer side of a thumbnail, about.")
    ingest_batch_items: int = Field(128, ge=1, le=256, description="Items embedded and upserted together.")
    max_queued_writes: int = Field(
        100_000, ge=1, description="Pushed operations that may wait; more are answered 429."
    )
    write_attempts: int = Field(
        9, ge=1, le=100, description="Tries of a pushed write whose pictures cannot be had for now."
    )
    write_retry_s: float = Field(
        4.0, gt=0, le=300, description="Pause before the second try; it doubles each time, up to 300 s."
    )
    write_records_days: float = Field(
        7.0, gt=0, description="How long outcomes, idempotency keys, versions and deletes are remembered."
    )
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Feeds that `ingest work` keeps the index equal to, separated by commas."
    )
    feeds_file: Path | None = Field(
        None, description="A file of feeds with options, in TOML, that `ingest work` keeps up with, too."
    )
    max_feed_bytes: int = Field(
        2_000_000_000, ge=1_000, description="A larger feed is not fetched from an address."
    )
    max_feed_unpacked_bytes: int = Field(
        20_000_000_000, ge=1_000, description="A gzipped feed that unpacks to more is refused."
    )
    feed_timeout_s: float = Field(600.0, gt=0, description="Longest that a feed by address may take.")
    feed_interval_s: float = Field(60.0, gt=0, description="How often `ingest work` looks for a change.")
    feed_recheck_s: float = Field(
        3600.0, gt=0, description="When an unchanged feed is ingested again, for pictures that changed."
    )
    worker_metrics: str = Field(
        "",
        pattern=r"^$|^[^\s/]+:[0-9]{1,5}$",
        description="Where `ingest work` answers GET /metrics: host:port; nowhere if empty.",
    )
    api_keys: Annotated[tuple[ApiKey, ...], NoDecode] = Field(
        (), repr=False, description="SCOPE+SCOPE:KEY, separated by commas; none: loopback only."
    )
    search_page: Literal["auto", "on", "off"] = Field(
        "auto", description="The search page at /: auto is on where there are no API keys."
    )
    rate_limit: str = Field(
        "1200/minute", pattern=_RATE_LIMIT, description="Requests of one key, or of one address without one."
    )
    overload_wait_s: float = Field(
        1.0, gt=0, le=60, description="A request that would wait longer for its turn is answered 503."
    )
    redis_url: str | None = Field(
        None,
        repr=False,
        pattern=r"^rediss?://",
        description="Keeps pushed writes, and counts for RATE_LIMIT.",
    )
    cors_origins: Annotated[tuple[Annotated[str, Field(pattern=_ORIGIN)], ...], NoDecode] = Field(
        (), description="Sites whose pages may call the API, separated by commas; * for any."
    )
    trusted_proxies: int = Field(0, ge=0, le=10, description="Proxies in front that set X-Forwarded-For.")
    cache_max_age_s: int = Field(0, ge=0, le=86400, description="How long a cache may keep a GET's answer.")
    cache_public: bool = Field(False, description="Whether shared caches may keep answers to a key.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="What is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or for programs.")

    @field_validator(
        "feeds", "cors_origins", "image_hosts", "image_private_hosts", "image_ports", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("qdrant_write_consistency")
    @classmethod
    def _check_consistency(cls, value: int, info: ValidationInfo) -> int:
        replicas = info.data.get("qdrant_replication_factor", value)
        if value > replicas:
            raise ValueError(f"should be at most QDRANT_REPLICATION_FACTOR, which is {replicas}")
        return value

    @field_validator("qdrant_url", "redis_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is not None:
            require_readable(value)
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _read_keys(cls, value: object) -> object:
        return parse_api_keys(value) if isinstance(value, str) else value


def read_settings() -> Settings:
    """Read the settings; SettingInvalid names each wrong variable and what it should be."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise SettingInvalid("; ".join(lines)) from error
