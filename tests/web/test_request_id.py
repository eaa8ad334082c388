import re

from idp.web.request_id import new_request_id, request_id_of


def test_fixed_length_and_fresh() -> None:
    drawn = {new_request_id() for _ in range(100)}
    assert len(drawn) == 100
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in drawn)


def test_one_per_request_and_never_from_a_header() -> None:
    environ: dict[str, object] = {"HTTP_X_REQUEST_ID": "evil", "HTTP_KUMIAI.REQUEST_ID": "evil"}
    first = request_id_of(environ)
    assert first != "evil"
    assert request_id_of(environ) == first
    assert request_id_of({"kumiai.request_id": "given"}) == "given"
