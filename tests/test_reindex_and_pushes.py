"""What a shop pushes while the model is changed is in the new collection, embedded by the new model."""

from pathlib import Path

from catalog.encoder import Encoder
from catalog.images import ImageLimits, decode_image
from tests.pictures import jpeg
from tests.pushing import Shop, eventually, shop_over
from tests.reindex_load import Writing
from tests.test_reindex_under_load import begin, finish

pytest_plugins = ["tests.reindex_fixtures"]

FIRST = 24


def colour(number: int) -> tuple[int, int, int]:
    return (number * 37 % 256, number * 91 % 256, number * 53 % 256)


class Pushing:
    """Pushes, and knows what the index must hold in the end: the number and the price of each item."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ingests: list[str] = []
        self.items: dict[str, tuple[int, float]] = {}

    def put(self, number: int) -> None:
        picture = "-".join(map(str, colour(number)))
        self.ingests.append(self.shop.put(f"item-{number}", self.shop.item(picture, price=1.0))["id"])
        self.items[f"item-{number}"] = (number, 1.0)

    def go_on(self, n: int) -> None:
        """A new item, a price of an old one, and now and then an item that is taken away."""
        self.put(1000 + n)
        item_id, price = f"item-{n % FIRST}", 100.0 + n
        self.ingests.append(self.shop.patch(item_id, {"price": price})["id"])
        self.items[item_id] = (n % FIRST, price)
        if n % 3 == 2:
            self.ingests.append(self.shop.delete(f"item-{999 + n}")["id"])
            del self.items[f"item-{999 + n}"]

    def wait_until_done(self) -> None:
        for ingest_id in self.ingests:
            eventually(lambda: self.shop.ingest({"id": ingest_id})["state"] == "done", 60)  # noqa: B023


def test_pushes_are_in_the_new_collection_with_the_new_models_vectors(
    store_url: str, encoder: Encoder, second_encoder: Encoder, second_model: Path, tmp_path: Path
) -> None:
    with shop_over(store_url, encoder, tmp_path) as shop, shop.worker(tmp_path / "worker.log"):
        pushing = Pushing(shop)
        for number in range(FIRST):
            pushing.put(number)
        pushing.wait_until_done()
        writing = Writing(pushing.go_on)
        writing.start()
        finish(begin(shop.environ, "--model", second_model))
        before = writing.written
        eventually(lambda: writing.written > before + 3)
        writing.stop()
        pushing.put(5000)
        pushing.wait_until_done()

        live = shop.index.at(None, second_encoder)
        assert {point.item_id for point in live.points()} == set(pushing.items)
        stored = live.points_of(list(pushing.items))
        for item_id, (number, price) in pushing.items.items():
            (point,) = stored[item_id]
            assert (point.model, point.payload["price"]) == (second_encoder.name, price), item_id
            picture = decode_image(jpeg(colour(number)), ImageLimits())
            (expected,) = second_encoder.encode_images([picture])
            assert float(live.image_vectors([point.id])[point.id] @ expected) > 0.97, item_id
        # Nothing was lost on the way: every push has ended, and none of them badly.
        outcomes = {one["outcome"] for i in pushing.ingests for one in shop.ingest({"id": i})["operations"]}
        assert outcomes <= {"embedded", "payload_updated", "deleted"}
