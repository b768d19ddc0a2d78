"""The process that consumes the queue: events from the inbox to ClickHouse and to functions, and functions' runs.

    inbox -- ingestion --> outbox (ClickHouse), invocations + delivery jobs
    delivery jobs -- delivery --> outgoing calls, logs, metrics; failed calls wait in their invocation's row
    waiting invocations -- timers --> delivery jobs

``service.Worker`` runs all of it in threads, beside the HTTP server or alone (`manage.py worker`). Several workers on
one database share the work; every step between two tables is one PostgreSQL transaction.
"""
