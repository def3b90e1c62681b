"""The runtimes behind the Encoder protocol: PyTorch, and ONNX Runtime on an export of the same weights."""
