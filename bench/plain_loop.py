"""The loop that everybody writes first, to compare with: `python -m bench.plain_loop STORE_URL PICTURES`.

`encode([Image.open(...)])` in batches of 32, then upsert; PICTURES is a file that names one a line. Prints
pictures a second, without the time that loading the model takes.
"""

import sys
import time
import uuid
from pathlib import Path

from PIL import Image
from qdrant_client import QdrantClient, models
from sentence_transformers import SentenceTransformer

from catalog.settings import BUNDLED_MODEL

BATCH = 32
COLLECTION = "plain-loop"


def main() -> None:
    url, names = sys.argv[1:]
    paths = Path(names).read_text(encoding="utf-8").splitlines()
    model = SentenceTransformer(str(BUNDLED_MODEL), device="cpu")
    client = QdrantClient(url=url, timeout=60, check_compatibility=False)
    first = model.encode([Image.open(paths[0]).convert("RGB")])
    vectors = models.VectorParams(size=first.shape[1], distance=models.Distance.COSINE)
    client.create_collection(COLLECTION, vectors_config=vectors)
    started = time.perf_counter()
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        rows = model.encode([Image.open(path) for path in batch], batch_size=BATCH)
        points = [
            models.PointStruct(id=str(uuid.uuid4()), vector=row.tolist(), payload={"path": path})
            for row, path in zip(rows, batch, strict=True)
        ]
        client.upsert(COLLECTION, points, wait=True)
    print(len(paths) / (time.perf_counter() - started))
    client.delete_collection(COLLECTION)
    client.close()


if __name__ == "__main__":
    main()
