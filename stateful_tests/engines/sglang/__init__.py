"""Released SGLang, unmodified, on a CPU: installed apart, hosted in a process of its own."""
