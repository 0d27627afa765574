"""The aiohttp edge: WebSocket frames and HTTP requests into records, and back."""
