"""The WSGI application, for any server; ``hogapi.serve`` runs it together with the engines and the worker."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hogapi.settings")
application = get_wsgi_application()
