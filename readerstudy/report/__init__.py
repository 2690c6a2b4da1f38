"""Reports of `Results`: one content, written as HTML, PDF and CSV. Nothing here computes a statistic."""
