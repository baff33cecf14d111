"""The commands of `synapse db`."""
