"""GET /static/{name}: the style sheets, scripts and drawings of our pages."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from service.caching import KINDS, conditional_file
from service.operations import operation

blueprint = Blueprint("static_files", __name__)

# Listed once: what is not among them has no address, whatever a path may say.
_FOLDER: Final = Path(__file__).parent / "static"
_NAMES: Final = sorted(path.name for path in _FOLDER.iterdir() if path.suffix in KINDS)


@blueprint.get(f"/static/<any({', '.join(map(repr, _NAMES))}):name>")
@operation(None, answer=None, limited=False)
def static_file(name: str) -> Response:
    return conditional_file(_FOLDER / name)
