"""The conversation at a prompt: `synapse` alone on a terminal."""
