"""A flusher in a process of its own, on the database named by its argument, until it is killed."""

import os
import sys
import threading

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()

    from hogapi.telemetry import writer

    writer.Flusher(threading.Event(), poll_seconds=0.05).run()
