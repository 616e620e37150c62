"""Logs what a live SGLang server does, for `turnstile check`; nothing on disk is patched."""
