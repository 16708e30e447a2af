"""Painted building blocks. Each takes the theme; none knows the flow."""
