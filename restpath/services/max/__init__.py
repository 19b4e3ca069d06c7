"""
MAX, with the faces that users of its original client know.

    from restpath.services.max import MaxClient                       # by resource paths
    from restpath.services.max import RpcMaxClient as MaxClient       # a method for every endpoint
"""

from restpath.errors import RequestError
from restpath.services.max.client import MaxClient
from restpath.services.max.rpc import RpcMaxClient

__all__ = ["MaxClient", "RequestError", "RpcMaxClient"]
