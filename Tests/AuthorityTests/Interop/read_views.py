"""Reads published views as TUF's own client does.

The first argument names a file with one JSON object: view -> {"files": {path: base64}, "wanted": [target]}, the files
being `root.json` to begin with, and `metadata/` and `targets/` as a static web server would have them. Prints one JSON object: view -> {"versions": {...}, "targets": {path: sha256}} or {"error": ...}.
"""

import base64
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import unquote, urlparse

from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater


# Where the client keeps its thousands of small files.
MEMORY = next((path for path in ["/dev/shm"] if os.access(path, os.W_OK)), None)


class Files(FetcherInterface):
    """A web server with these files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = unquote(urlparse(url).path).lstrip("/")
        if path not in self.files:
            raise DownloadHTTPError(f"no {url}", 404)
        yield self.files[path]


def read(view: dict) -> dict:
    files = {path: base64.b64decode(text) for path, text in view["files"].items()}
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as cache,
        tempfile.TemporaryDirectory(dir=MEMORY) as downloads,
    ):
        updater = Updater(
            metadata_dir=cache,
            metadata_base_url="http://view.test/metadata/",
            target_dir=downloads,
            target_base_url="http://view.test/targets/",
            fetcher=Files(files),
            bootstrap=files["root.json"],
        )
        updater.refresh()
        targets = {}
        for path in view["wanted"]:
            info = updater.get_targetinfo(path)
            if info is None:
                return {"error": f"{path} is not listed"}
            with open(updater.download_target(info), "rb") as file:
                targets[path] = hashlib.sha256(file.read()).hexdigest()
        versions = {}
        for role in ["root", "timestamp", "snapshot", "targets"]:
            with open(os.path.join(cache, f"{role}.json"), "rb") as file:
                versions[role] = json.load(file)["signed"]["version"]
        return {"versions": versions, "targets": targets}


def verdict(view: dict) -> dict:
    try:
        return read(view)
    except RepositoryError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    except DownloadHTTPError as error:
        return {"error": f"{error}"}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        views = json.load(file)
    # Its workers end when they are told to; those of multiprocessing.Pool by a signal, which a test's child has blocked.
    with ProcessPoolExecutor() as pool:
        verdicts = pool.map(verdict, views.values(), chunksize=10)
    print(json.dumps(dict(zip(views, verdicts))))


if __name__ == "__main__":
    main()
