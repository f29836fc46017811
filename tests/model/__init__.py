"""A small model of the queue, explored to its end; and the code held to it, step by step."""
