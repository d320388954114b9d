"""Reads published views as TUF's own client does.

Each folder below the first argument is one view: `root.json` to begin with, `metadata/` and `targets/` as a static web
server would have them. Prints one JSON object: view -> {"versions": {...}, "targets": {path: sha256}} or {"error": ...}.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from urllib.parse import unquote, urlparse

from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater


class Folder(FetcherInterface):
    """A web server that is a folder."""

    def __init__(self, path: str) -> None:
        self.path = path

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = os.path.join(self.path, unquote(urlparse(url).path).lstrip("/"))
        if not os.path.isfile(path):
            raise DownloadHTTPError(f"no {url}", 404)
        with open(path, "rb") as file:
            yield file.read()


def read(view: str, wanted: list[str]) -> dict:
    with open(os.path.join(view, "root.json"), "rb") as file:
        root = file.read()
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as downloads:
        updater = Updater(
            metadata_dir=cache,
            metadata_base_url="http://view.test/metadata/",
            target_dir=downloads,
            target_base_url="http://view.test/targets/",
            fetcher=Folder(view),
            bootstrap=root,
        )
        updater.refresh()
        targets = {}
        for path in wanted:
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


def main() -> None:
    result = {}
    for name in sorted(os.listdir(sys.argv[1])):
        view = os.path.join(sys.argv[1], name)
        with open(os.path.join(view, "wanted.json"), encoding="utf-8") as file:
            wanted = json.load(file)
        try:
            result[name] = read(view, wanted)
        except RepositoryError as error:
            result[name] = {"error": f"{type(error).__name__}: {error}"}
        except DownloadHTTPError as error:
            result[name] = {"error": f"{error}"}
    print(json.dumps(result))


main()
