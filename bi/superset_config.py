"""Superset's settings, by SUPERSET_CONFIG_PATH: Chinese, nothing outside, all secrets from the environment."""

import os

SQLALCHEMY_DATABASE_URI = os.environ["GREEN_FREIGHT_SUPERSET_METADATA_URL"]
SECRET_KEY = os.environ["GREEN_FREIGHT_SUPERSET_SECRET_KEY"]

BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "us", "name": "English"}}
APP_NAME = "绿色货运数据仓库 Green Freight Warehouse"

# Every query goes to the warehouse, so that a new publication is seen at once.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
ROW_LIMIT = 10_000
SQLLAB_TIMEOUT = 60
SUPERSET_WEBSERVER_TIMEOUT = 60

# The policy of Superset's own without its map, font and statistics hosts: a page asks this server alone.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
SESSION_COOKIE_SAMESITE = "Lax"
