"""The shared core: what an item is, how its pictures are embedded, and where its points are kept."""

import os

# ONNX Runtime's builds for Linux send figures on the machine and each model to their makers, and keep an id
# of the machine in the home folder, unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# The version of Vitrine; CHANGELOG.md says what each brought.
__version__ = "0.1.0"
