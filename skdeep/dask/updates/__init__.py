"""Training on partitions: objectives, steps, epochs and validation over all workers."""
