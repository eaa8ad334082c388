from idp.web.assets import FOLDER, static_url

from .stories import make_app


def test_hashed_files_are_kept_for_ever() -> None:
    client = make_app().test_client()
    for name, kind in (("style.css", "text/css"), ("show-password.js", "text/javascript")):
        response = client.get(static_url(name))
        assert response.status_code == 200
        assert response.data == (FOLDER / name).read_bytes()
        assert response.content_type == f"{kind}; charset=utf-8"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Vary" not in response.headers
        assert "Set-Cookie" not in client.get(static_url(name) + "?lang=en").headers


def test_a_former_name_gets_the_present_file_uncached() -> None:
    response = make_app().test_client().get("/static/style.0123456789abcdef.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


def test_nothing_else_is_served() -> None:
    client = make_app().test_client()
    for path in ("nothing.css", "..%2fpages.py", "%2e%2e/pages.py", "style", "", "style.css%00"):
        assert client.get(f"/static/{path}").status_code == 404


def test_the_sheet_loads_nothing_from_elsewhere() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "url(" not in text
        assert "@import" not in text
        assert "//" not in text.replace("/*", "")
