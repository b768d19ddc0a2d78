"""Ratios of this server to controls that run beside it on the same machine, in the same run. Never absolute goals."""
