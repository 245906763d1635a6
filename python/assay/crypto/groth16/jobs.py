"""Where `assay.core.progress.native_progress` stood before."""

from assay.core.progress import native_progress

__all__ = ["native_progress"]
