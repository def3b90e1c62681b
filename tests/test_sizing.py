"""`python -m ingest plan`: figures that can be reckoned by hand, and collections that are made by them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.errors import SettingInvalid
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.layout import SMALL, layout_for
from catalog.settings import BUNDLED_MODEL, Settings
from ingest.__main__ import cli
from ingest.connect import connected
from ingest.sizing.measured import ALL
from ingest.sizing.models import KNOWN, Model, model_called
from ingest.sizing.sizes import SHARD_PICTURES, hours_of, size_of
from tests.processes import ROOT

_DOCUMENTED = (
    "--items 200000 --images-per-item 3 --model clip-ViT-B-32 --price-per-hour 0.8 --gpu-price-per-hour 4"
)


def plan(*words: str) -> Result:
    return CliRunner().invoke(cli, ["plan", *words])


def test_what_was_measured_comes_out_again() -> None:
    """500,000 points of 256 dimensions: 450 MB of its own, 743 MB in the page cache, 1,144 MB on disk."""
    size = size_of(500_000, 256, 64e9)
    assert size.memory_bytes == pytest.approx(1.5 * 450e6 + 743e6)
    assert size.disk_bytes == pytest.approx(1.5 * 1_144e6)
    assert (size.shards, size.replicas, size.machines) == (1, 1, 1)


def test_a_large_index_is_as_reckoned_by_hand() -> None:
    size = size_of(100_000_000, 512, 64e9)
    own, cached = 1.5 * (512 + 644), 462 + 64  # 64: 8 links more in each direction, of 4 bytes
    assert size.memory_bytes == pytest.approx(2 * 1e8 * (own + cached))
    assert size.disk_bytes == pytest.approx(2 * 1e8 * 1.5 * (5 * 512 + 1_008 + 64))
    assert (size.shards, size.replicas, size.machines) == (12, 2, 8)


def test_hours_are_as_reckoned_by_hand() -> None:
    hours = hours_of(1_000_000, KNOWN["clip-ViT-B-32"], 16)
    assert hours.cpu == pytest.approx(1e6 / (12.9 * 16) / 3600)
    assert hours.gpu == pytest.approx(1e6 / 857 / 3600), "decoding is the limit"
    assert hours.gpu_alone == pytest.approx(1e6 / 22_700 / 3600)
    slow = hours_of(1_000_000, Model("large", 768, gpu_rate=100), 16)
    assert (slow.cpu, slow.gpu) == (None, pytest.approx(1e6 / 100 / 3600))


@given(
    st.integers(1, 16_000_000_000),
    st.integers(1, 1_000_000_000),
    st.sampled_from([256, 512, 768, 1024]),
)
def test_more_pictures_never_need_less(pictures: int, more: int, dimension: int) -> None:
    first, second = (size_of(count, dimension, 64e9) for count in (pictures, pictures + more))
    assert first.shards <= second.shards and first.replicas <= second.replicas
    assert first.disk_bytes < second.disk_bytes
    assert first.layout.m <= second.layout.m and first.layout.ef_construct <= second.layout.ef_construct
    if first.layout == second.layout:  # else the vectors may have left the memory for the disk
        assert first.memory_bytes < second.memory_bytes and first.machines <= second.machines
    assert second.pictures / second.shards <= SHARD_PICTURES
    assert second.shards * second.replicas >= second.replicas


def test_every_figure_is_printed_with_its_source() -> None:
    said = plan(*_DOCUMENTED.split())
    assert said.exit_code == 0
    for figure in ALL:
        assert f"| {figure.name} | {figure.value:,g} | {figure.unit} | {figure.source} |" in said.output
        assert re.search(r"python -m bench\.|Qdrant's documentation|H100", figure.source)
    for program in re.findall(r"python -m (bench\.\w+)", said.output):
        assert (ROOT / f"{program.replace('.', '/')}.py").is_file()


def test_costs_are_hours_times_the_price() -> None:
    lines = plan(
        "--items", "1000000", "--model", "clip-ViT-B-32", "--price-per-hour", "2"
    ).output.splitlines()
    row = next(line for line in lines if line.startswith("| 1,000,000 |"))
    assert "81 min, 2.69" in row and "19 min (44 s)" in row  # 1e6 / 206.4 a second; no price of a GPU


def test_the_documented_plan_is_what_the_command_prints() -> None:
    text = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    assert f"python -m ingest plan {_DOCUMENTED}\n" in text
    (shown,) = re.findall(r"<!-- plan -->\n(.*)<!-- /plan -->", text, re.DOTALL)
    assert shown == plan(*_DOCUMENTED.split()).output


@pytest.mark.parametrize("config", ["config.json", "0_CLIPModel/config.json"])
def test_a_folder_says_its_dimension_and_is_not_loaded(config: str, tmp_path: Path) -> None:
    assert model_called(str(BUNDLED_MODEL)) == KNOWN["compact"]
    folder = tmp_path / "small"
    (folder / config).parent.mkdir(parents=True)
    (folder / config).write_text('{"projection_dim": 384}')
    assert model_called(str(folder)) == Model("small", 384)
    said = plan("--items", "1000", "--model", str(folder))
    assert "not known" in said.output and "--core-rate and --gpu-rate" in said.output
    rated = plan("--items", "1000", "--model", str(folder), "--core-rate", "5", "--gpu-rate", "100")
    assert "not known" not in rated.output


@pytest.mark.parametrize("name", ["nobody/knows-it", "/", "", "docs"])
def test_a_model_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(SettingInvalid, match="--model"):
        model_called(name)


@pytest.mark.parametrize(
    "words",
    ["", "--items 0", "--items -3", "--items many", "--items 2 --images-per-item 0", "--items 2 --cores 0",
     "--items 2 --images-per-item 17", "--items 2 --price-per-hour -1", "--items 2 --machine-memory-gb 0",
     "--items 99999999999999", "--items 2 --core-rate 0"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_its_name(words: str) -> None:
    said = plan(*words.split())
    assert said.exit_code == 2
    assert (words.split()[-2] if words else "--items") in said.output


@pytest.mark.parametrize("expected", [1_000_000, 20_000_000])
def test_a_collection_is_laid_out_for_the_pictures_that_are_expected(
    expected: int, settings: Settings, encoder: Encoder, index: ItemIndex
) -> None:
    own = settings.model_copy(update={"expected_pictures": expected})
    with connected(own, KnownEncoders(own, encoder)) as (made, _):
        name = made.ensure()
        copy = made.versions.create(encoder, "", like=name)
    wanted = layout_for(expected)
    client = connect(settings)
    for one in (name, copy):
        config = client.get_collection(one).config
        vectors = config.params.vectors
        assert isinstance(vectors, dict)
        assert (config.hnsw_config.m, config.hnsw_config.ef_construct) == (wanted.m, wanted.ef_construct)
        assert bool(vectors["image"].on_disk) == wanted.vectors_on_disk
    client.close()
    assert (wanted == SMALL) == (expected <= 1_000_000)
    assert layout_for(0) == SMALL and layout_for(1_000_001).vectors_on_disk
