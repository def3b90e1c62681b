"""The process that atheris fuzzes in: `python -m tests.fuzz.child TARGET`, and libFuzzer's options."""

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["catalog", "ingest.feeds", "service", "PIL", "csv"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    warnings.simplefilter("ignore")  # Pillow's, of odd metadata
    target, _ = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
