"""The commands of `synapse sessions`."""
