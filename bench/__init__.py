"""What things cost: each module is a program of its own."""

# Before ONNX Runtime, which else sends figures to its makers.
import catalog  # noqa: F401
