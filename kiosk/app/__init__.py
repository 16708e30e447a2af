"""The runner: executes the flow's effects on workers and threads, and feeds their results back as events."""
