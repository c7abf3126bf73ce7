"""What Python calls: training, full-batch objectives, predictions."""
