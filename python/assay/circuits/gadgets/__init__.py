"""Gadgets: reusable parts of circuits, one concept a file, each with its equations, its soundness and its cost."""
