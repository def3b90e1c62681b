"""catalog/quick_imports.py: models that wait are finished when they are first used, by threads too."""

import subprocess
import sys

from tests.processes import ROOT

_PROGRAM = """
import threading
from pydantic import BaseModel
from catalog.quick_imports import models_wait

rebuild = BaseModel.__dict__["model_rebuild"]
with models_wait():
    from qdrant_client.http import models
assert BaseModel.__dict__["model_rebuild"] is rebuild
classes = [each for each in vars(models).values() if isinstance(each, type) and issubclass(each, BaseModel)]
before = [each for each in classes if each is not BaseModel and not each.__pydantic_complete__]
assert len(before) > 100, len(before)

query = {"query": {"nearest": [1.0]}, "filter": {"must": [{"key": "a", "match": {"any": ["b"]}}]}, "limit": 3}
answers, go = [], threading.Barrier(8)
def ask():
    go.wait()
    answers.append(models.QueryRequest.model_validate(query).model_dump(exclude_none=True))
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert answers == [query] * 8, answers
assert models.QueryRequest.__pydantic_complete__
for model in before:  # none is broken
    model.model_json_schema()
print("well")
"""


def test_models_are_finished_when_they_are_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "well\n", done.stderr
