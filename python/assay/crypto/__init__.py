"""The typed, array-first face of the kernels: fields, curves, hashes, trees and proof systems."""
