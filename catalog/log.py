"""Sets up logging for a process: one line an event on standard error."""

import logging


def set_up_logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    # They log every request and every file at INFO.
    for library in ("httpx", "httpcore", "sentence_transformers", "transformers"):
        logging.getLogger(library).setLevel(logging.WARNING)
