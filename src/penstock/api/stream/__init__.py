"""The WebSocket stream: what happens, as it becomes durable, to whoever may know it."""
