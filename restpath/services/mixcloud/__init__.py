"""
Mixcloud as the users of its Python client know it, on restpath's client.

    from restpath.services.mixcloud import Mixcloud

    m = Mixcloud()
    for cloudcast in m.user("michelplatiniste").cloudcasts():
        print(cloudcast.name)

Takes keys, tokens, cloudcasts and files; gives users and cloudcasts. `restpath.connect("mixcloud")` has the same
service with all its paths; `restpath.services.mixcloud.mock` stands in for it in tests.
"""

from __future__ import annotations

from restpath.services.mixcloud.face import API_ROOT, NETRC_MACHINE, Mixcloud
from restpath.services.mixcloud.oauth import OAUTH_ROOT, MixcloudOauth, MixcloudOauthError
from restpath.services.mixcloud.slug import slugify
from restpath.services.mixcloud.things import Artist, Chapter, Cloudcast, Section, Track, User
from restpath.services.mixcloud.uploading import Answered

__all__ = [
    "API_ROOT", "Answered", "Artist", "Chapter", "Cloudcast", "Mixcloud", "MixcloudOauth", "MixcloudOauthError",
    "NETRC_MACHINE", "OAUTH_ROOT", "Section", "Track", "User", "slugify",
]  # fmt: skip
