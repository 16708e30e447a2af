"""Where the numbers of the README come from: ratios against a named rival or limit of the same run."""
