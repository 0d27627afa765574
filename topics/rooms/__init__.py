"""What the fan-out and the edges must agree on about rooms in Redis: names, forms, the rule of epochs."""
