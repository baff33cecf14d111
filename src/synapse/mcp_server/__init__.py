"""The archive for other programs: what `synapse mcp` answers over the Model Context Protocol.

Three tools list, search and read live sessions. Nothing here can write, and nothing here knows the
trash: `live_sessions` is the only door to the store.
"""
