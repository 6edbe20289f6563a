"""The built page: files with hashed names for ever, index.html for every path of the page.

The files are read once and answered from memory by their exact name, so that no request is
ever turned into a path on disk. They are compressed when the page is built, not here.

What a run logged to be seen by a browser (HTML, Plotly figures) is shown by the documents in
`/assets/frame/`: ours, with a policy of their own that lets scripts run and nothing out. No URL
answers with a logged file as a document. docs/explanation/media-on-the-page.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from wanllmdb_server.fronts.gate import FRAMES

PAGE: Final = Path(__file__).parent.parent / "page"
_ALONE: Final = (
    "default-src 'none'; img-src data: blob:; media-src data: blob:; font-src data:; "
    "style-src 'unsafe-inline'; connect-src 'none'; worker-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts; "
)
# Of a frame's document: an origin of nobody, no network, no way out. Scripts are what the file
# brings along (html), or those that stand beside the document (plotly).
FRAME_POLICIES: Final = {
    FRAMES + "html.html": _ALONE + "script-src 'unsafe-inline' 'unsafe-eval'",
    FRAMES + "plotly.html": _ALONE + "script-src 'self' 'unsafe-inline'",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))  # in the order of preference
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_NOT_BUILT: Final = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>wanLLMDB</title>
<h1>The page is not built</h1>
<p>The server runs, and its API answers under <a href="/api/v1/server">/api/v1</a>.
This installation comes from a source tree without the built page. In the repository, run</p>
<pre>make setup</pre>
<p>and load this page again.</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, as it is and as it was compressed when the page was built."""

    media_type: str
    plain: bytes
    packed: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    def chosen(self, accepted: str) -> tuple[str | None, bytes]:
        """The smallest form that the browser takes: (content encoding, bytes)."""
        names = {
            part.partition(";")[0].strip()
            for part in accepted.lower().split(",")
            if not part.replace(" ", "").endswith((";q=0", ";q=0.0"))
        }
        for encoding, _ in _ENCODINGS:
            if encoding in names and encoding in self.packed:
                return encoding, self.packed[encoding]
        return None, self.plain


class Page:
    """The files of the page by their URL path; read anew when the page was built anew."""

    def __init__(self, folder: Path = PAGE) -> None:
        self._folder = folder
        self._built_at = -1
        self._files: dict[str, PageFile] = {}

    def index(self) -> PageFile:
        """What every path of the page answers; says how to build it when it is not there."""
        self._refresh()
        return self._files.get("/index.html") or PageFile(_TYPES[".html"], _NOT_BUILT)

    def find(self, path: str) -> PageFile | None:
        """The file of exactly this URL path."""
        if self._built_at < 0:
            self._refresh()
        return None if path == "/index.html" else self._files.get(path)

    def _refresh(self) -> None:
        try:
            built_at = (self._folder / "index.html").stat().st_mtime_ns
        except FileNotFoundError:
            return
        if built_at != self._built_at:
            self._files = dict(_read(self._folder))
            self._built_at = built_at


def route(page: Page) -> Route:
    """The route of the page; it takes what no other route took, so it stands last."""

    async def serve(request: Request) -> Response:
        path = request.url.path
        accepted = request.headers.get("accept-encoding", "")
        found = page.find(path)
        if found is not None:
            return _answer(found, accepted, headers_of(path))
        if not is_page_path(path):
            raise HTTPException(404, "There is no such file.")
        return _answer(page.index(), accepted, headers_of("/index.html"))

    return _PageRoute("/{path:path}", serve, methods=["GET"], name="page", include_in_schema=False)


class _PageRoute(Route):
    """Takes every path but those of the API, whose missing ones are the API's to answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].startswith("/api/"):
            return Match.NONE, {}
        return super().matches(scope)


def headers_of(path: str) -> dict[str, str]:
    """How long a file of the page is kept, and who may embed it."""
    hashed = path.startswith("/assets/") and path not in FRAME_POLICIES
    headers = {"Cache-Control": _FOR_EVER if hashed else "no-cache"}
    if path in FRAME_POLICIES:
        headers |= {
            "Content-Security-Policy": FRAME_POLICIES[path],
            "X-Frame-Options": "SAMEORIGIN",
        }
    elif path.startswith(FRAMES):
        # For a document of no origin every server is a foreign one, ours too.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return headers


def is_page_path(path: str) -> bool:
    """Whether a path is one of the page's own addresses, and not of a file that is missing."""
    first, _, rest = path.lstrip("/").partition("/")
    if first in {"api", "assets", "graphql", "files"}:
        return False
    return bool(rest) or not first.endswith((".map", *_TYPES))


def _answer(file: PageFile, accepted: str, headers: dict[str, str]) -> Response:
    encoding, content = file.chosen(accepted)
    headers |= {"Vary": "Accept-Encoding"}
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(content, headers=headers, media_type=file.media_type)


def _read(folder: Path) -> list[tuple[str, PageFile]]:
    found: list[tuple[str, PageFile]] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _TYPES or not path.is_file():
            continue
        packed = {
            encoding: other.read_bytes()
            for encoding, suffix in _ENCODINGS
            if (other := path.with_name(path.name + suffix)).is_file()
        }
        url = "/" + path.relative_to(folder).as_posix()
        found.append((url, PageFile(_TYPES[path.suffix], path.read_bytes(), packed)))
    return found
