"""Programs with a window: Open WebUI, LibreChat, LM Studio, Cherry Studio, Chatbox, Jan.

Their backups hold settings, with keys of providers in them: only conversations are read.
"""
