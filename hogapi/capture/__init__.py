"""Taking events in: what the SDKs send becomes durable rows before they are answered.

``views`` speaks HTTP, ``payloads`` turns bytes into events or a plain refusal, ``inbox`` makes them durable. The worker
takes it from there. Wire format: groups_auth_platform.md G.
"""
