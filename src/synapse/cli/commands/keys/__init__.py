"""The commands of `synapse keys`."""
