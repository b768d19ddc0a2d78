"""The product's settings under an environment of the tests' own: a fresh data folder, fixed secrets, no throttling."""

import os
import tempfile

os.environ.setdefault("HOGAPI_DATA_DIR", tempfile.mkdtemp(prefix="hogapi-tests-"))
os.environ.setdefault("HOGAPI_SECRET_KEY", "a secret of the test suite only")
os.environ.setdefault("HOGAPI_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
os.environ.setdefault("HOGAPI_THROTTLE_BURST", "0")
os.environ.setdefault("HOGAPI_THROTTLE_SUSTAINED", "0")
os.environ.setdefault("HOGAPI_LOG_LEVEL", "ERROR")

from hogapi.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
