"""The commands of `synapse config`."""
