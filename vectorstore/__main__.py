"""`python -m vectorstore --path DIR --port 6333`."""

import logging
import os
import sys

from vectorstore.errors import StartError
from vectorstore.settings import settings_from


def main() -> int:
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        settings = settings_from(sys.argv[1:], os.environ)
        # Only now: a second's worth of imports that a wrong argument need not wait for.
        from vectorstore.server import serve

        serve(settings)
    except StartError as error:
        logging.getLogger("vectorstore").error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
