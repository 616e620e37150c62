"""The command line and its reports: thin over the five folders, it decides nothing itself.

Read `main` for exit codes, `app` for the commands, `verify` for the main job, `report` for what it
collects; `table` and `html` show that to people.
"""
