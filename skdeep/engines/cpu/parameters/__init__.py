"""What training does with parameters, tile by tile."""
