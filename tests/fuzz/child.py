"""The process that atheris fuzzes in: `python -m tests.fuzz.child TARGET`, and libFuzzer's options."""

import sys
import warnings

import atheris

# Whose branches lead the mutations on: more would take longer to import than a short run takes.
_LED_BY = {"pictures": ["catalog.images", "PIL"], "feeds": ["ingest.feeds"], "requests": ["service"]}

with atheris.instrument_imports(include=_LED_BY[sys.argv[1]]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    warnings.simplefilter("ignore")  # Pillow's, of odd metadata
    target, _ = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
