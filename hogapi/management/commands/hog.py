"""``manage.py hog run|compile|disassemble|format FILE``: the language from the command line."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from hogapi.hog import cli


class Command(BaseCommand):
    help = "Run, compile, disassemble or format a Hog program."

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand everything after ``hog`` to the language's own command line, which needs no database."""
        sys.exit(cli.main(argv[2:]))
