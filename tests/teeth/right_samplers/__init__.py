"""Right samplers of strangers, which no check may call wrong."""
