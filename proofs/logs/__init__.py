"""Is a log judged as the spec's text judges, whatever the log leaves out?"""
