"""What every room stands on: errors, encodings, configuration, logging, progress.

Imports nothing of ours but the extension, and nothing heavy.

- `errors`: the exception tree, rooted at `AssayError`
- `encoding`: the one canonical byte encoding and the domain-tagged digest over it
- `config`: environment variables and the user's cache directory
- `files`, `private_files`: files that appear whole or not at all; files that only their owner may read
- `clock`: time in ms since 1970, injectable
- `logging`: loggers that stay quiet until the application asks
- `progress`: how long jobs tell how far they are
"""
