"""What tests of every room assert in the same words."""

from typing import Any


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The response is an RFC 9457 problem with that status and code; its fields."""
    body = response.json() if callable(response.json) else response.json
    assert response.status_code == status, body
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["type"] == "about:blank" or body["type"] == f"urn:vitrine:problem:{code}"
    assert body["title"] and body["detail"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    waits = status in (429, 503, 504) or code == "idempotency_key_busy"
    assert ("Retry-After" in response.headers) == waits
    assert set(body) <= {"type", "title", "status", "detail", "code", "request_id", "errors"}
    for error in body.get("errors", []):
        assert set(error) == {"field", "message"}
    return dict(body)
