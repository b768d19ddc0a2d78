"""Engines that run on this machine when no server is configured.

``postgres`` starts and stops PostgreSQL inside the data folder; ``base`` is the Django database backend that starts it
with the first connection, so that the server, every ``manage.py`` command and the tests need no ceremony.
"""
