"""The server: the workbench for many people, their sign-in, the HTTP API, and the client area; no rule of the business."""
