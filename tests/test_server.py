"""The tests of the index and of the ingest once more, against a real Qdrant server."""

import pytest

from tests.test_guarded import *  # noqa: F403
from tests.test_index import *  # noqa: F403 - every test and fixture of it, under this module's mark
from tests.test_pipeline import *  # noqa: F403

pytestmark = pytest.mark.server
