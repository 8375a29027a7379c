"""The apps that the page embeds: a manifest, a document, and the files that the document loads."""

import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

_FILE_NAME = re.compile(r"[a-z-]+\.(js|css|svg)")


@dataclass(frozen=True)
class Application:
    """One app in one folder. `id` is the platform's identity for it, which no message of the app can change."""

    id: str
    folder: Path

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))

    def document(self, nonce: str, base: str, provider_url: str) -> str:
        """The app's HTML. Its iframe inherits the page's policy, so its scripts and styles need the page's nonce."""
        return fill(
            (self.folder / "index.html").read_text(encoding="utf-8"),
            {"nonce": nonce, "base": base, "providerUrl": provider_url},
        )

    def file(self, name: str) -> Path | None:
        """A file that browsers may load; None for everything else."""
        path = self.folder / name
        return path if _FILE_NAME.fullmatch(name) and path.is_file() else None


def find_applications(folder: Path) -> dict[str, Application]:
    """Every app below the folder, by the name of its own folder."""
    return {
        manifest.parent.name: Application(f"example-{manifest.parent.name}", manifest.parent)
        for manifest in sorted(folder.glob("*/manifest.json"))
    }


def fill(template: str, values: dict[str, str]) -> str:
    """Puts each value in the place of its `{{name}}`, escaped for text and attributes."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: escape(values[match[1]]), template)
