"""How each planted bug gets into one engine: single methods are replaced, no file is edited."""
