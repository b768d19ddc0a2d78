"""Every command of the README's tour works when pasted, and answers what the README shows."""

from __future__ import annotations

import re
import subprocess

from tests.end_to_end.server import KEY, ROOT, TOKEN, Server

README = (ROOT / "README.md").read_text()
TOUR = README[README.index("## Five minutes") : README.index("## Configuration")]

# What differs from run to run.
_VARYING = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)[\d.]+Z", "<time>"),
    (r"[\d.]+ms\. Sync: [\d.]+ms\. Mem: [\d.]+kb\. Ops: \d+", "<cost>"),
    (r"http://127\.0\.0\.1:\d+", "<host>"),
    (r"/project/\d+/", "/project/<id>/"),
]


def _fixed(text: str) -> str:
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text.strip()


def test_the_tour_of_the_readme_works_as_printed(server: Server) -> None:
    blocks = re.findall(r"```(bash|json)\n(.*?)```", TOUR, re.DOTALL)
    commands = [text for kind, text in blocks if kind == "bash"]
    assert "export KEY=phx_" in commands[0]
    exports = f"export HOST={server.url} KEY={KEY} TOKEN={TOKEN}"
    script = "\n".join([exports, *commands[1:]])
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    shown = "\n".join(text.strip() for kind, text in blocks if kind == "json")
    assert _fixed(done.stdout) == _fixed(shown)


def test_the_readme_names_only_make_targets_and_commands_that_exist() -> None:
    from django.core.management import get_commands

    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in re.findall(r"manage\.py ([a-z_]+)", README):
        assert command in get_commands(), command


def test_every_file_that_the_documents_link_to_exists() -> None:
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
