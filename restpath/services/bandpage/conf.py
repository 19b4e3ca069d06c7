"""
The global configuration: what holds wherever a call is not told otherwise. Set these from outside.

    bandpage.conf.CLIENT_ID = "..."

What stays None here is looked for in the settings of a Django project (BANDPAGE_CLIENT_ID, BANDPAGE_SECRET_KEY), then
wherever any client of restpath finds its credentials.
"""

from __future__ import annotations

__all__ = ["CLIENT_ID", "ENDPOINT", "SECRET_KEY"]

CLIENT_ID: str | None = None
SECRET_KEY: str | None = None
ENDPOINT: str = "https://api-read.bandpage.com"
