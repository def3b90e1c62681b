"""Security headers of every answer, whatever made it: a page, JSON, a problem, a file."""

from flask import Flask, Response, request

# An answer of the API is no page: where a browser is made to show one, it may load, frame and send nothing.
_NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_YEAR_S = 365 * 24 * 3600


def install(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    """Pages have said their own policy by now."""
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Content-Security-Policy", _NO_PAGE)
    # What a customer searched for stands in the page's address, which is not the next site's business.
    headers.setdefault("Referrer-Policy", "same-origin")
    if request.is_secure:  # as the proxy in front tells; over plain http it would mean nothing
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
    return response
