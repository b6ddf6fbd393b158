"""Kafka, S3Proxy and PostgreSQL as plain local processes: what to bring, how to start each, when it is ready.

Nothing here starts a process by itself: a server prepares its directory and hands back a `Program`, which supervisord
(the local stack) or `LocalProcess` (tests) runs in the foreground.
"""
