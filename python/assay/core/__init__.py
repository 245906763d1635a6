"""Errors, configuration, logging, progress and encodings; imports nothing else of ours."""
